import { createHash, createHmac } from 'node:crypto';
import type { Authenticator } from '../../wire/cql/credentials.ts';
import type { AwsCredentials, CredentialSource } from './aws-credentials.ts';

export interface SigV4Options {
  readonly region: string;
  readonly credentials: CredentialSource;
  /** Default: the machine's. */
  readonly now?: () => Date;
}

/**
 * Signature Version 4 over the server's nonce (keyspaces.md, section 3). Not a job for AWS's request signer: the date in
 * this one is written out, and nothing of it is ever sent as a request.
 */
export function sigV4Authenticator({ region, credentials, now = () => new Date() }: SigV4Options): Authenticator {
  return async (challenge) => {
    if (challenge === null) return Buffer.from('SigV4\0\0');
    return Buffer.from(signedAnswer(nonceIn(challenge), region, await credentials(), now()));
  };
}

function nonceIn(challenge: Buffer): string {
  const text = challenge.toString('utf8');
  const nonce = /nonce=([^,\s]+)/.exec(text)?.[1];
  if (nonce === undefined) throw new Error(`the server's challenge has no nonce: ${text}`);
  return nonce;
}

function signedAnswer(nonce: string, region: string, credentials: AwsCredentials, at: Date): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const amzDate = at.toISOString();
  const scope = [amzDate.slice(0, 10).replaceAll('-', ''), region, 'cassandra', 'aws4_request'];
  const request = canonicalRequest(`${accessKeyId}/${scope.join('/')}`, amzDate, nonce);
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const answer = `signature=${hmac(key, toSign).toString('hex')},access_key=${accessKeyId},amzdate=${amzDate}`;
  return sessionToken === undefined ? answer : `${answer},session_token=${sessionToken}`;
}

function canonicalRequest(credential: string, amzDate: string, nonce: string): string {
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': credential,
    'X-Amz-Date': amzDate,
    'X-Amz-Expires': '900',
  });
  return `PUT\n/authenticate\n${query}\nhost:cassandra\n\nhost\n${sha256(nonce)}`;
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
