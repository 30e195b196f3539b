import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundleProgram } from '../../../src/adapters/agent-bundle/bundle-program.ts';

const entry = join(import.meta.dirname, '../../../bin/cdcmig-agent.ts');

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the agent is one file that runs where there are no packages', async () => {
  const folder = aFolder();
  writeFileSync(join(folder, 'agent.mjs'), (await bundleProgram(entry)).text);
  const run = (...words: readonly string[]) =>
    spawnSync(process.execPath, ['agent.mjs', ...words], { cwd: folder, encoding: 'utf8' });
  expect(run('agent', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--settings <file>') });
  const { status, stderr } = run('agent', '--settings', 'absent.json');
  expect(stderr).toContain('absent.json');
  expect(status).toBe(1);
});

test('the same sources give the same file, and nothing of what a node does not need', async () => {
  const [first, second] = [await bundleProgram(entry), await bundleProgram(entry)];
  expect(second.sha256).toBe(first.sha256);
  expect(first.text).not.toMatch(/cassandra-driver|client-keyspaces/);
  expect(first.text.length).toBeLessThan(3_000_000);
});
