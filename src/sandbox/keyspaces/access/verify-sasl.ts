import { randomBytes } from 'node:crypto';
import { type AccessKey, refused, type Verdict } from './access-key.ts';
import { isSame, scopeText, sha256, signatureOf, uriEncoded } from './signing-key.ts';

export interface SaslVerifier {
  readonly region: string;
  readonly keys: readonly AccessKey[];
  readonly nowMs: number;
  /** The one that this connection was challenged with. */
  readonly nonce: string;
}

/** How long a signature over a nonce holds; it stands in what is signed. */
const expiresSeconds = 900;

/** Whether a connection's first words ask for a challenge instead of bringing a password. */
export function asksForChallenge(opening: Buffer): boolean {
  return opening.equals(Buffer.from('SigV4\0\0'));
}

export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

export function challengeOf(nonce: string): Buffer {
  return Buffer.from(`nonce=${nonce}`);
}

/** Whether the answer to a challenge is signed by a key that we know (keyspaces.md, section 3). */
export function verifySasl(answer: Buffer, { region, keys, nowMs, nonce }: SaslVerifier): Verdict {
  const { signature, access_key: id, amzdate, session_token: token } = partsOf(answer);
  if (!signature || !id || !amzdate)
    return refused('IncompleteSignatureException', 'Authentication failure: signature, access_key or amzdate missing');
  const key = keys.find(({ accessKeyId }) => accessKeyId === id);
  if (!key || key.sessionToken !== token)
    return refused('UnrecognizedClientException', 'Authentication failure: The security token is invalid');
  const atMs = Date.parse(amzdate);
  if (Number.isNaN(atMs) || Math.abs(nowMs - atMs) > expiresSeconds * 1000)
    return refused('InvalidSignatureException', 'Authentication failure: Signature expired');
  const scope = { day: new Date(atMs).toISOString().slice(0, 10).replaceAll('-', ''), region, service: 'cassandra' };
  const credential = `${id}/${scopeText(scope)}`;
  const expected = signatureOf(key.secretAccessKey, scope, amzdate, canonicalRequest(credential, amzdate, nonce));
  if (isSame(signature, expected)) return { isValid: true, key };
  return refused('InvalidSignatureException', 'Authentication failure: Invalid signature');
}

/** `name=value,…`; a value may hold further equals signs, as session tokens do. */
function partsOf(answer: Buffer): Readonly<Record<string, string | undefined>> {
  const pairs = answer.toString('utf8').split(',');
  return Object.fromEntries(pairs.map((pair) => [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)]));
}

function canonicalRequest(credential: string, amzDate: string, nonce: string): string {
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${uriEncoded(credential)}`,
    `X-Amz-Date=${uriEncoded(amzDate)}`,
    `X-Amz-Expires=${expiresSeconds}`,
  ].join('&');
  return ['PUT', '/authenticate', query, 'host:cassandra', '', 'host', sha256(nonce)].join('\n');
}
