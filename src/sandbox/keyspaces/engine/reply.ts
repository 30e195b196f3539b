import { consistencyCodes } from '../../../wire/cql/consistency.ts';
import { CqlConnectionError, CqlServerError } from '../../../wire/cql/errors.ts';
import { CqlSyntaxError } from '../cql/cql-syntax-error.ts';
import { type Answer, errorAnswer } from '../protocol/response-body.ts';
import { RuleRefusal, textOf } from '../rule-book.ts';
import { KeyspacesError } from '../state/keyspaces-error.ts';
import { BackendLostError } from './backend-pool.ts';
import type { Engine } from './engine.ts';

/** What a client gets; flags are those of the backing Cassandra where the answer is its own. */
export interface Reply extends Answer {
  readonly flags?: number;
  /** Counted where it was decided: neither a success nor a refusal. */
  readonly isThrottled?: true;
}

/** Throttled writes and reads look like time-outs (rule 9). */
export function throttledReply(side: 'read' | 'write'): Reply {
  const answer = errorAnswer(side === 'write' ? 0x1100 : 0x1200, textOf('throttling', []), (writer) => {
    writer.short(consistencyCodes.LOCAL_QUORUM);
    writer.int(0);
    writer.int(2);
    if (side === 'write') writer.string('SIMPLE');
    else writer.byte(0);
  });
  return { ...answer, isThrottled: true };
}

/** A failure of one replica (rule 30). */
export function failureReply(side: 'read' | 'write'): Answer {
  return errorAnswer(side === 'write' ? 0x1500 : 0x1300, textOf('faults', []), (writer) => {
    writer.short(consistencyCodes.LOCAL_QUORUM);
    writer.int(0);
    writer.int(2);
    writer.int(1);
    if (side === 'write') writer.string('SIMPLE');
    else writer.byte(0);
  });
}

/** What a refusal or a fault looks like to the client. Anything else is thrown on: it is a fault of ours. */
export function errorReply(
  { meter, rules }: Pick<Engine, 'meter' | 'rules'>,
  error: unknown,
  side: 'read' | 'write',
): Reply {
  if (isLost(error)) {
    meter.failed();
    // A write may have happened, and a read never does harm when it is asked again.
    return throttledReply(side);
  }
  const answer = refusalAnswer(error);
  if (!answer) throw error;
  if (error instanceof RuleRefusal) rules.count(error.rule);
  meter.refused(error instanceof RuleRefusal ? error.rule : 'cassandra');
  return answer;
}

/** Also what the stand-in itself asked, for a range delete or the images of a stream. */
function isLost(error: unknown): boolean {
  if (error instanceof CqlServerError) return !isInvalid(error);
  return error instanceof BackendLostError || error instanceof CqlConnectionError;
}

/** A statement that Cassandra will not have, however often it is asked: the codes from 0x2000, of which these carry no more than a message. */
function isInvalid({ code }: CqlServerError): boolean {
  return [0x2000, 0x2100, 0x2200, 0x2300].includes(code);
}

function refusalAnswer(error: unknown): Answer | undefined {
  if (error instanceof RuleRefusal) return errorAnswer(error.code, error.message);
  if (error instanceof CqlServerError) return errorAnswer(error.code, error.message);
  if (error instanceof CqlSyntaxError) return errorAnswer(0x2000, error.message);
  if (error instanceof KeyspacesError) return errorAnswer(codeOf(error), error.message);
  return undefined;
}

function codeOf({ refusal }: KeyspacesError): number {
  if (refusal === 'AccessDeniedException') return 0x2100;
  return refusal === 'InternalServerException' ? 0x0000 : 0x2200;
}
