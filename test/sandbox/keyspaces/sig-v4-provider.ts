import { createHash, createHmac } from 'node:crypto';
import { auth } from 'cassandra-driver';

/** The driver checks for its own base class, of which its types know only the shape. */
const AuthProvider = Object.getPrototypeOf(auth.PlainTextAuthProvider.prototype).constructor as new () => object;

/** The client's side of SigV4 as AWS's plugins do it, written anew so that it shares nothing with the verifier. */
export class SigV4Provider extends AuthProvider implements auth.AuthProvider {
  readonly #accessKey: string;
  readonly #secret: string;

  constructor(accessKey: string, secret: string) {
    super();
    this.#accessKey = accessKey;
    this.#secret = secret;
  }

  newAuthenticator(): auth.Authenticator {
    const answer = (nonce: string) => signedAnswer(this.#accessKey, this.#secret, nonce);
    return {
      initialResponse: (callback) => callback(null as never, Buffer.from('SigV4\0\0')),
      evaluateChallenge: (challenge, callback) =>
        callback(null as never, Buffer.from(answer(challenge.toString().slice(6)))),
      onAuthenticationSuccess: () => {},
    };
  }
}

function signedAnswer(accessKey: string, secret: string, nonce: string): string {
  const amzDate = new Date().toISOString();
  const day = amzDate.slice(0, 10).replaceAll('-', '');
  const scope = `${day}/eu-west-1/cassandra/aws4_request`;
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${accessKey}/${scope}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', '900'],
  ].map(([name, value]) => `${name}=${encodeURIComponent(value!)}`);
  const request = `PUT\n/authenticate\n${query.join('&')}\nhost:cassandra\n\nhost\n${sha256(nonce)}`;
  const toSign = `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256(request)}`;
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [day, 'eu-west-1', 'cassandra', 'aws4_request']) key = hmac(key, part);
  return `signature=${hmac(key, toSign).toString('hex')},access_key=${accessKey},amzdate=${amzDate}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
