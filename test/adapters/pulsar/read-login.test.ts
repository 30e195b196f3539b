import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLogin } from '../../../src/adapters/pulsar/read-login.ts';
import type { TokenSource } from '../../../src/wire/pulsar/types.ts';
import { anIssuer } from '../../support/an-issuer.ts';

test('nothing configured is no login, and the authorities of the system', async () => {
  expect(await readLogin({})).toEqual({});
});

test('OAuth2 asks the issuer with the key file and what else is configured', async () => {
  const issuer = await anIssuer();
  const keyFile = aFile('{"client_id":"me","client_secret":"hidden"}');
  const { auth } = await readLogin({ oauth2: { issuerUrl: issuer.url, keyFile, audience: 'urn:pulsar' } });
  expect(await (auth!.token as TokenSource)({ isChallenge: false })).toBe('token 1');
  expect(issuer.forms).toMatchObject([{ client_id: 'me', client_secret: 'hidden', audience: 'urn:pulsar' }]);
});

test('each PEM file is read where it belongs', async () => {
  const files = { tlsCaFile: aFile('authority'), tlsCertFile: aFile('certificate'), tlsKeyFile: aFile('key') };
  const { tls } = await readLogin(files);
  expect(Object.entries(tls!).map(([name, pem]) => `${name}: ${pem}`)).toEqual([
    'ca: authority',
    'cert: certificate',
    'key: key',
  ]);
});

test.each(['tlsCaFile', 'tlsCertFile', 'tlsKeyFile'])('a %s that is not there is told by its key', async (key) => {
  await expect(readLogin({ [key]: '/no/such.pem' })).rejects.toThrow(`correct ${key}`);
});

function aFile(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-login-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'file'), text);
  return join(dir, 'file');
}
