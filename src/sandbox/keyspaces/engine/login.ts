import { opcodes } from '../../../wire/cql/frame.ts';
import { isAllowed } from '../access/access-key.ts';
import type { StandInUser } from '../access/credentials.ts';
import { asksForChallenge, challengeOf, newNonce, verifySasl } from '../access/verify-sasl.ts';
import { type Answer, tokenAnswer } from '../protocol/response-body.ts';
import { RuleRefusal, textOf } from '../rule-book.ts';
import type { Session } from './session.ts';

export interface LoginParts {
  readonly users: readonly StandInUser[];
  readonly region: string;
  readonly accountId: string;
  readonly nowMs: () => number;
}

/** The conversation of one connection up to its login: a password at once, or SigV4 with a challenge between. */
export class Login {
  readonly #parts: LoginParts;
  readonly #session: Session;
  #nonce: string | undefined;
  isDone = false;

  constructor(parts: LoginParts, session: Session) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Answers an AUTH_RESPONSE. Throws RuleRefusal for whoever is not known. */
  answer(token: Buffer | null): Answer {
    const bytes = token ?? Buffer.alloc(0);
    if (this.#nonce === undefined && asksForChallenge(bytes)) {
      this.#nonce = newNonce();
      return tokenAnswer(opcodes.AUTH_CHALLENGE, challengeOf(this.#nonce));
    }
    const user = this.#nonce === undefined ? this.#byPassword(bytes) : this.#bySignature(bytes, this.#nonce);
    this.isDone = true;
    this.#session.user = `arn:aws:iam::${this.#parts.accountId}:user/${user.iamName}`;
    this.#session.may = (action) => isAllowed(user, action);
    return tokenAnswer(opcodes.AUTH_SUCCESS, null);
  }

  /** SASL PLAIN: who to act as, name and password, with zeros between. */
  #byPassword(token: Buffer): StandInUser {
    const [, name = '', password = ''] = token.toString().split('\0');
    const user = this.#parts.users.find((one) => one.userName === name && one.password === password);
    if (!user) throw refusal(textOf('authentication', [name]));
    return user;
  }

  #bySignature(answer: Buffer, nonce: string): StandInUser {
    const { users, region, nowMs } = this.#parts;
    const verdict = verifySasl(answer, { region, keys: users, nowMs: nowMs(), nonce });
    if (!verdict.isValid) throw refusal(verdict.message);
    return verdict.key as StandInUser;
  }
}

function refusal(message: string): RuleRefusal {
  return new RuleRefusal('authentication', 0x0100, message);
}
