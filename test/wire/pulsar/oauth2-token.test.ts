import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  credentialsFromFile,
  oauth2Token,
  tokenFromEnvironment,
  tokenFromFile,
} from '../../../src/wire/pulsar/connect-pulsar.ts';
import { anIssuer } from '../../support/an-issuer.ts';

const connecting = { isChallenge: false };
const challenged = { isChallenge: true };
const credentials = { clientId: 'me', clientSecret: 'hidden' };

describe('OAuth2 client credentials', () => {
  test('the token comes from the endpoint that the issuer names, with what was configured', async () => {
    const issuer = await anIssuer();
    const token = oauth2Token({ issuerUrl: issuer.url, credentials, audience: 'urn:pulsar', scope: 'read write' });
    expect(await token(connecting)).toBe('token 1');
    expect(issuer.forms).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'me',
        client_secret: 'hidden',
        audience: 'urn:pulsar',
        scope: 'read write',
      },
    ]);
  });

  test('it is kept, shared by all who ask at once, and fetched again for a challenge', async () => {
    const issuer = await anIssuer();
    const token = oauth2Token({ issuerUrl: issuer.url, credentials });
    expect(await Promise.all([token(connecting), token(connecting)])).toEqual(['token 1', 'token 1']);
    expect(await token(connecting)).toBe('token 1');
    expect(await token(challenged)).toBe('token 2');
    expect(await token(connecting)).toBe('token 2');
  });

  test('it is replaced before it expires, and serves to its end while the issuer is away', async () => {
    const issuer = await anIssuer({ lifeSeconds: 3 });
    const token = oauth2Token({ issuerUrl: issuer.url, credentials });
    expect(await token(connecting)).toBe('token 1');
    await sleep(2_500);
    issuer.answers(503);
    expect(await token(connecting)).toBe('token 1');
    issuer.answers(200);
    expect(await token(connecting)).toBe('token 2');
    await sleep(3_050);
    issuer.answers(503);
    await expect(token(connecting)).rejects.toMatchObject({ code: 'ServiceNotReady', isTransient: true });
  });

  test('a refusal is told by its code and without any secret', async () => {
    const issuer = await anIssuer();
    issuer.answers(401, { error: 'invalid_client', error_description: 'hidden is wrong' });
    const failure = await failureOf(oauth2Token({ issuerUrl: issuer.url, credentials })(connecting));
    expect(failure).toMatchObject({ code: 'AuthenticationError', isTransient: false });
    expect(failure.message).toContain('401 invalid_client');
    expect(failure.message).not.toContain('hidden');
  });

  test('an issuer that does not answer may do so later', async () => {
    const token = oauth2Token({ issuerUrl: 'http://127.0.0.1:9', credentials });
    await expect(token(connecting)).rejects.toMatchObject({ code: 'Disconnected', isTransient: true });
  });

  test.each(['http://issuer.example', 'ftp://127.0.0.1', 'nonsense'])('no secret is sent to %s', async (issuerUrl) => {
    await expect(oauth2Token({ issuerUrl, credentials })(connecting)).rejects.toMatchObject({
      code: 'AuthenticationError',
    });
  });

  test('nor to an endpoint in the clear that an issuer names, nor behind a redirect', async () => {
    const elsewhere = await anIssuer({ tokenEndpoint: 'http://elsewhere.example/token' });
    await expect(oauth2Token({ issuerUrl: elsewhere.url, credentials })(connecting)).rejects.toThrow('is not https');
    const moved = await anIssuer();
    moved.answers(302);
    await expect(oauth2Token({ issuerUrl: moved.url, credentials })(connecting)).rejects.toThrow('302');
  });

  test('the credentials may lie in the key file of other clients, which is read at each fetch', async () => {
    const issuer = await anIssuer();
    const path = aFile('{"type":"client_credentials","client_id":"a","client_secret":"s"}');
    const token = oauth2Token({ issuerUrl: issuer.url, credentials: credentialsFromFile(path) });
    await token(connecting);
    writeFileSync(path, '{"client_id":"b","client_secret":"s"}');
    await token(challenged);
    expect(issuer.forms.map(({ client_id }) => client_id)).toEqual(['a', 'b']);
  });

  test.each([
    ['no JSON', 'secret text', 'no JSON'],
    ['another shape', '{"id":1}', 'no client_id'],
  ])('a key file with %s is refused without being quoted', async (_, text, reason) => {
    const failure = await failureOf(credentialsFromFile(aFile(text))());
    expect(failure.message).toContain(reason);
    expect(failure.message).not.toContain('secret text');
  });
});

describe('tokens that somebody else renews', () => {
  test('a file is read anew each time, without the newline at its end', async () => {
    const path = aFile('first\n');
    const token = tokenFromFile(path);
    expect(await token(connecting)).toBe('first');
    writeFileSync(path, 'second\n');
    expect(await token(challenged)).toBe('second');
  });

  test('an environment variable', () => {
    const environment: NodeJS.ProcessEnv = { T: 'abc' };
    expect(tokenFromEnvironment('T', environment)(connecting)).toBe('abc');
    expect(() => tokenFromEnvironment('OTHER', environment)(connecting)).toThrow('OTHER holds no token');
  });

  test('no file and an empty one are errors that say which', async () => {
    const refused = { code: 'AuthenticationError' };
    await expect(tokenFromFile('/no/such/file')(connecting)).rejects.toMatchObject(refused);
    await expect(tokenFromFile(aFile('\n'))(connecting)).rejects.toThrow('holds no token');
  });
});

async function failureOf(promise: Promise<unknown> | unknown): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing failed');
}

function aFile(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-token-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'token'), text);
  return join(dir, 'token');
}
