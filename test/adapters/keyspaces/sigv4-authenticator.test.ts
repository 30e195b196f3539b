import { expect, test } from 'vitest';
import { sigV4Authenticator } from '../../../src/adapters/keyspaces/sigv4-authenticator.ts';
import { challengeOf, newNonce, verifySasl } from '../../../src/sandbox/keyspaces/access/verify-sasl.ts';

/** The vector that all of AWS's driver plugins are tested with. */
const now = () => new Date('2020-06-09T22:41:51Z');
const key = { accessKeyId: 'UserID-1', secretAccessKey: 'UserSecretKey-1' };
const nonce = Buffer.from('nonce=91703fdc2ef562e19fbdab0f58e42fe5');
const expected =
  'signature=7f3691c18a81b8ce7457699effbfae5b09b4e0714ab38c1292dbdf082c9ddd87,access_key=UserID-1,amzdate=2020-06-09T22:41:51.000Z';

const authenticatorOf = (credentials: typeof key & { sessionToken?: string }) =>
  sigV4Authenticator({ region: 'us-west-2', credentials: async () => credentials, now });

test('the first words ask for a challenge', async () => {
  expect((await authenticatorOf(key)(null)).toString()).toBe('SigV4\0\0');
});

test("AWS's vector comes out, with the session token of temporary credentials after it", async () => {
  expect((await authenticatorOf(key)(nonce)).toString()).toBe(expected);
  const temporary = authenticatorOf({ ...key, sessionToken: 'sess-token-1' });
  expect((await temporary(nonce)).toString()).toBe(`${expected},session_token=sess-token-1`);
});

test('the nonce is found among other things', async () => {
  const answer = await authenticatorOf(key)(Buffer.from(`a=1,${nonce},b=2`));
  expect(answer.toString()).toBe(expected);
});

test('a challenge without a nonce is not answered', async () => {
  await expect(authenticatorOf(key)(Buffer.from('who are you?'))).rejects.toThrow('has no nonce: who are you?');
});

test('every login asks for credentials anew, so that new ones are used as soon as there are any', async () => {
  const keys = [key, { ...key, accessKeyId: 'UserID-2' }];
  const authenticator = sigV4Authenticator({ region: 'us-west-2', credentials: async () => keys.shift()!, now });
  expect((await authenticator(nonce)).toString()).toContain('access_key=UserID-1,');
  expect((await authenticator(nonce)).toString()).toContain('access_key=UserID-2,');
});

test('the stand-in, which computes by itself, agrees for any key and nonce', async () => {
  const strange = { accessKeyId: 'ASIAEXAMPLE1', secretAccessKey: 'ä/+=', sessionToken: 'a==' };
  const any = newNonce();
  const answer = await sigV4Authenticator({ region: 'eu-west-1', credentials: async () => strange })(challengeOf(any));
  const verifier = { region: 'eu-west-1', keys: [strange], nowMs: Date.now(), nonce: any };
  expect(verifySasl(answer, verifier)).toEqual({ isValid: true, key: strange });
});
