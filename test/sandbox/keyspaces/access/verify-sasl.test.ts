import { expect, test } from 'vitest';
import {
  asksForChallenge,
  challengeOf,
  newNonce,
  verifySasl,
} from '../../../../src/sandbox/keyspaces/access/verify-sasl.ts';

/** The vector that all of AWS's driver plugins are tested with. */
const vector = {
  nonce: '91703fdc2ef562e19fbdab0f58e42fe5',
  signature: '7f3691c18a81b8ce7457699effbfae5b09b4e0714ab38c1292dbdf082c9ddd87',
  amzdate: '2020-06-09T22:41:51.000Z',
};
const key = { accessKeyId: 'UserID-1', secretAccessKey: 'UserSecretKey-1' };
const nowMs = Date.parse(vector.amzdate);
const verifier = { region: 'us-west-2', keys: [key], nowMs, nonce: vector.nonce };
const answer = (text = `signature=${vector.signature},access_key=UserID-1,amzdate=${vector.amzdate}`) =>
  Buffer.from(text);

test("AWS's vector is accepted, also with a session token, which is not signed", () => {
  expect(verifySasl(answer(), verifier)).toEqual({ isValid: true, key });
  const temporary = { ...key, sessionToken: 'sess-token-1==' };
  const withToken = answer(`${answer()},session_token=sess-token-1==`);
  expect(verifySasl(withToken, { ...verifier, keys: [temporary] })).toEqual({ isValid: true, key: temporary });
});

test.each([
  ['another secret', { keys: [{ ...key, secretAccessKey: 'UserSecretKey-2' }] }, 'InvalidSignatureException'],
  ['another region', { region: 'us-west-1' }, 'InvalidSignatureException'],
  ['the nonce of another connection', { nonce: newNonce() }, 'InvalidSignatureException'],
  ['a date too long ago', { nowMs: nowMs + 900_001 }, 'InvalidSignatureException'],
  ['a date too far ahead', { nowMs: nowMs - 900_001 }, 'InvalidSignatureException'],
  ['a key that nobody knows', { keys: [] }, 'UnrecognizedClientException'],
  ['a missing session token', { keys: [{ ...key, sessionToken: 't' }] }, 'UnrecognizedClientException'],
])('%s is refused', (_, change, failure) => {
  expect(verifySasl(answer(), { ...verifier, ...change })).toMatchObject({ isValid: false, failure });
});

test.each(['', 'signature=', `signature=${vector.signature},access_key=UserID-1`])('%j is not complete', (text) => {
  const failure = 'IncompleteSignatureException';
  expect(verifySasl(answer(text), verifier)).toMatchObject({ isValid: false, failure });
});

test('a date that is none is refused', () => {
  const text = `signature=${vector.signature},access_key=UserID-1,amzdate=yesterday`;
  expect(verifySasl(answer(text), verifier)).toMatchObject({ failure: 'InvalidSignatureException' });
});

test('a client asks for a challenge with its first words, and every challenge is another', () => {
  expect(asksForChallenge(Buffer.from('SigV4\0\0'))).toBe(true);
  expect(asksForChallenge(Buffer.from('\0user\0password'))).toBe(false);
  expect(challengeOf('abc').toString()).toBe('nonce=abc');
  expect(newNonce()).toMatch(/^[0-9a-f]{32}$/);
  expect(newNonce()).not.toBe(newNonce());
});
