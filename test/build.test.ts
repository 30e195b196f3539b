import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../src/config/read-config.ts';

const project = join(import.meta.dirname, '..');
/** Below node_modules, where the packages are found from. */
const built = mkdtempSync(join(project, 'node_modules', '.build-'));
const elsewhere = mkdtempSync(join(tmpdir(), 'cdcmig-built-'));

beforeAll(() => {
  const { status, stdout } = spawnSync('sh', [join(project, '.ci', 'build'), built], { encoding: 'utf8' });
  expect(status, stdout).toBe(0);
}, 120_000);

afterAll(() => {
  rmSync(built, { recursive: true });
  rmSync(elsewhere, { recursive: true });
});

function cdcmig(...parameters: readonly string[]) {
  return spawnSync(join(built, 'bin', 'cdcmig.js'), parameters, { cwd: elsewhere, encoding: 'utf8' });
}

test('what is built runs by itself and names its commands', () => {
  const { status, stdout, stderr } = cdcmig('--help');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/\binit\b[\s\S]*\brun\b[\s\S]*\bsandbox\b/);
  expect(status).toBe(0);
});

test('what is built finds its templates', async () => {
  expect(cdcmig('init').status).toBe(0);
  expect(readConfig(join(elsewhere, 'cdcmig.yaml')).migration).toBe('shop');
  const { cassandraRelease } = await import(join(built, 'src', 'sandbox', 'sandbox-release.js'));
  expect(cassandraRelease('5.0').release).toMatch(/^5\.0\.\d+$/);
});

test('a fault ends what is built with its exit code', () => {
  expect(cdcmig('no-such-command').status).toBe(2);
  expect(cdcmig('plan', '--config', 'absent.yaml').status).toBe(1);
});
