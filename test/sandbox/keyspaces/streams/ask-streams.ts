import { SignatureV4 } from '@smithy/signature-v4';
import type { AccessKey } from '../../../../src/sandbox/keyspaces/access/access-key.ts';
import { account } from '../a-state.ts';
import { NodeSha256 } from '../node-sha256.ts';

/** Of any operation. */
export type Answer = ReturnType<typeof JSON.parse>;

/** Asks the streams' API over HTTP, signed by AWS's signer. */
export async function askStreams(url: string, key: AccessKey, operation: string, input: object): Promise<Answer> {
  const { host } = new URL(url);
  const signer = new SignatureV4({
    credentials: key,
    region: account.region,
    service: 'cassandra',
    sha256: NodeSha256,
  });
  const body = JSON.stringify(input);
  const headers = {
    host,
    'x-amz-target': `KeyspacesStreams.${operation}`,
    'content-type': 'application/x-amz-json-1.0',
  };
  const request = { method: 'POST', protocol: 'http:', hostname: '127.0.0.1', path: '/', query: {}, headers, body };
  const { headers: signedHeaders } = await signer.sign(request);
  const { host: _, ...sent } = signedHeaders;
  return (await fetch(url, { method: 'POST', headers: sent, body })).json();
}
