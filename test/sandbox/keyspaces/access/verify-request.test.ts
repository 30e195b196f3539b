import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { type SignedRequest, verifyRequest } from '../../../../src/sandbox/keyspaces/access/verify-request.ts';
import { NodeSha256 } from '../node-sha256.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

describe("AWS's test suite for Signature Version 4", () => {
  const nowMs = Date.parse('2015-08-30T12:36:00Z');
  const suite = { region: 'us-east-1', service: 'service', keys: [key], nowMs };
  const vector = (method: string, url: string, more: Partial<SignedRequest>, names: string, signature: string) => ({
    method,
    url,
    body: more.body ?? Buffer.alloc(0),
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      ...more.headers,
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    },
  });
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from('Param1=value1') };

  test.each([
    [
      'get-vanilla',
      vector('GET', '/', {}, 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'),
    ],
    [
      'post-vanilla',
      vector('POST', '/', {}, 'host;x-amz-date', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'),
    ],
    [
      'get-vanilla-query-order-key-case',
      vector(
        'GET',
        '/?Param2=value2&Param1=value1',
        {},
        'host;x-amz-date',
        'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
      ),
    ],
    [
      'post-x-www-form-urlencoded',
      vector(
        'POST',
        '/',
        form,
        'content-type;host;x-amz-date',
        'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
      ),
    ],
  ])('%s is accepted, and no other body', (_, request) => {
    expect(verifyRequest(request, suite)).toEqual({ isValid: true, key });
    const failure = 'InvalidSignatureException';
    expect(verifyRequest({ ...request, body: Buffer.from('other') }, suite)).toMatchObject({ failure });
  });
});

describe("a request signed by AWS's own signer", () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const verifier = { region: 'eu-west-1', service: 'cassandra', keys: [key], nowMs: now.getTime() };
  const body = '{"keyspaceName":"shop"}';

  async function signed(credentials: typeof key & { sessionToken?: string } = key, at = now): Promise<SignedRequest> {
    const signer = new SignatureV4({ credentials, region: 'eu-west-1', service: 'cassandra', sha256: NodeSha256 });
    const headers = {
      host: 'localhost:8443',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'Keyspaces  Service.GetKeyspace',
    };
    const request = { method: 'POST', protocol: 'https:', hostname: 'localhost', path: '/', query: {}, headers, body };
    const { headers: signedHeaders } = await signer.sign(request, { signingDate: at });
    return { method: 'POST', url: '/', headers: signedHeaders, body: Buffer.from(body) };
  }

  test('is accepted', async () => {
    expect(await verdict({})).toEqual({ isValid: true, key });
    const temporary = { ...key, sessionToken: 'token' };
    const request = await signed(temporary);
    expect(verifyRequest(request, { ...verifier, keys: [temporary] })).toEqual({ isValid: true, key: temporary });
  });

  test.each([
    ['another secret', { keys: [{ ...key, secretAccessKey: 'other' }] }, 'InvalidSignatureException'],
    ['a key that nobody knows', { keys: [] }, 'UnrecognizedClientException'],
    ['a missing session token', { keys: [{ ...key, sessionToken: 'token' }] }, 'UnrecognizedClientException'],
    ['another region', { region: 'us-east-1' }, 'InvalidSignatureException'],
    ['another service', { service: 'dynamodb' }, 'InvalidSignatureException'],
    ['a date too long ago', { nowMs: now.getTime() + 300_001 }, 'InvalidSignatureException'],
    ['a date too far ahead', { nowMs: now.getTime() - 300_001 }, 'InvalidSignatureException'],
  ])('is refused with %s', async (_, change, failure) => {
    expect(await verdict({}, change)).toMatchObject({ isValid: false, failure });
  });

  test.each([
    ['another operation', { 'x-amz-target': 'KeyspacesService.DeleteKeyspace' }, 'InvalidSignatureException'],
    ['a header that was added unsigned', { 'x-amz-later': 'x' }, 'InvalidSignatureException'],
    ['no date', { 'x-amz-date': undefined }, 'IncompleteSignatureException'],
    ['a date in another format', { 'x-amz-date': '2026-11-21T12:00:00Z' }, 'InvalidSignatureException'],
    ['another day than its scope', { 'x-amz-date': '20261122T120000Z' }, 'InvalidSignatureException'],
    [
      'half of an authorization',
      { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE' },
      'IncompleteSignatureException',
    ],
    ['none', { authorization: undefined }, 'MissingAuthenticationTokenException'],
  ])('is refused with %s', async (_, headers, failure) => {
    expect(await verdict(headers)).toMatchObject({ isValid: false, failure });
  });

  async function verdict(headers: Record<string, string | undefined>, change: Partial<typeof verifier> = {}) {
    const request = await signed();
    return verifyRequest({ ...request, headers: { ...request.headers, ...headers } }, { ...verifier, ...change });
  }
});
