import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { moveAside } from '../../src/capture/move-aside.ts';

const memory = '/dev/shm';
const isElsewhere = existsSync(memory) && statSync(memory).dev !== statSync(tmpdir()).dev;
if (!isElsewhere) process.stderr.write('SKIPPED: no second filesystem\n');

test('what is set aside leaves its folder and lies in that of the agent', async () => {
  await setsAside(tmpdir());
});

test.skipIf(!isElsewhere)('also from another filesystem', async () => {
  await setsAside(memory);
});

async function setsAside(logRoot: string): Promise<void> {
  const [log, agent] = [aFolder(logRoot), aFolder(tmpdir())];
  const path = join(log, 'CommitLog-7-1.log');
  writeFileSync(path, 'what can be saved');
  await moveAside(agent, path);
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(join(agent, 'damaged', 'CommitLog-7-1.log'), 'utf8')).toBe('what can be saved');
}

function aFolder(root: string): string {
  const folder = mkdtempSync(join(root, 'cdcmig-aside-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
