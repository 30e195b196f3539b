import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { credentialChain } from '../../../src/adapters/keyspaces/aws-credentials.ts';

let folder: string;
const counter = () => join(folder, 'count');

/** A profile whose credentials come from a process, as single sign-on tools give them. */
function aProfile(expiresInSeconds: number): void {
  const script = join(folder, 'fetch.sh');
  writeFileSync(
    script,
    `#!/bin/sh
echo x >> ${counter()}
printf '{"Version":1,"AccessKeyId":"AKID%s","SecretAccessKey":"s","SessionToken":"t","Expiration":"%s"}' \\
  "$(wc -l < ${counter()} | tr -d ' ')" "${new Date(Date.now() + expiresInSeconds * 1000).toISOString()}"
`,
  );
  chmodSync(script, 0o700);
  writeFileSync(join(folder, 'config'), `[profile mover]\ncredential_process = ${script}\n`);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdcmig-aws-'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a profile is found by its name, and asked once while its credentials hold', async () => {
  aProfile(3_600);
  const credentials = credentialChain('mover');
  expect(await credentials()).toMatchObject({ accessKeyId: 'AKID1', secretAccessKey: 's', sessionToken: 't' });
  expect(await credentials()).toMatchObject({ accessKeyId: 'AKID1' });
  expect(readFileSync(counter(), 'utf8')).toBe('x\n');
});

test('credentials are fetched anew before they expire', async () => {
  aProfile(60);
  const credentials = credentialChain('mover');
  expect(await credentials()).toMatchObject({ accessKeyId: 'AKID1' });
  // The chain fetches new ones while it answers with those that still hold.
  await vi.waitFor(async () => expect((await credentials()).accessKeyId).not.toBe('AKID1'), { timeout: 10_000 });
});

test('credentials that have expired are never answered with', async () => {
  aProfile(-1);
  const credentials = credentialChain('mover');
  await expect(credentials()).rejects.toMatchObject({ name: 'OperatorError' });
});

test('the environment is asked first', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect(await credentialChain()()).toMatchObject({ accessKeyId: 'AKIDENV' });
});

test('a profile that is not there is said by name, with what to do', async () => {
  await expect(credentialChain('nobody')()).rejects.toMatchObject({
    name: 'OperatorError',
    faults: [
      {
        expected: 'AWS credentials of profile nobody for Amazon Keyspaces',
        found: expect.stringContaining('Could not load credentials'),
        next: expect.stringContaining('aws sso login'),
      },
    ],
  });
});
