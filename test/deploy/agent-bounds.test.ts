import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { boundedAgent } from '../../src/deploy/agent-bounds.ts';
import { nicedCommand } from '../../src/model/niced-command.ts';

/** What a program started in the agent's place says of itself. */
function startedAs(mode: 'commitlog' | 'cdc'): { nice: number; heapMegabytes: number; arguments: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-bounds-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, 'shows.mjs');
  writeFileSync(
    script,
    `import os from 'node:os'; import v8 from 'node:v8';
     const heapMegabytes = v8.getHeapStatistics().heap_size_limit / 2 ** 20;
     console.log(JSON.stringify({ nice: os.getPriority(), heapMegabytes, arguments: process.argv.slice(2) }));`,
  );
  const { command, arguments: first } = nicedCommand(boundedAgent([process.execPath, script, 'shown'], mode));
  const { stdout, stderr } = spawnSync(command, [...first, '--settings', 'file'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('in commitlog mode the node goes before the agent, in cdc mode they are equals', () => {
  const own = startedAs('cdc').nice;
  expect(startedAs('commitlog').nice).toBe(Math.min(19, own + 5));
});

test('the agent is started with its arguments and with a heap that leaves room below 300 MB', () => {
  const { heapMegabytes, arguments: given } = startedAs('commitlog');
  expect(given).toEqual(['shown', 'agent', '--settings', 'file']);
  expect(heapMegabytes).toBeLessThan(240);
});
