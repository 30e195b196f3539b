import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryBounds } from '../../bin/memory-bounds.ts';

const megabyte = 2 ** 20;

test('a worker is bounded, a command that ends soon is not', () => {
  expect(memoryBounds(['node', 'cdcmig', 'worker', '--name', 'w'], [])).toContain('--max-semi-space-size=8');
  expect(memoryBounds(['node', 'cdcmig', 'status'], [])).toEqual([]);
});

test.each([
  [['--phase', 'snapshot-migrate'], true],
  [['--config', 'c.yaml', '--phase=snapshot-migrate', '--json'], true],
  [['--phase', 'validate'], false],
  [['--all'], false],
])('run %s is bounded: %s', (words, isBounded) => {
  expect(memoryBounds(['node', 'cdcmig', 'run', ...words], []).length > 0).toBe(isBounded);
});

test('what the operator said of its memory stands', () => {
  for (const said of ['--max-old-space-size=4096', '--inspect --max_old_space_size=99', '--max-heap-size=512'])
    expect(memoryBounds(['node', 'cdcmig', 'worker'], [said])).toEqual([]);
});

test('a worker runs within its bounds, under the pid that it was started with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-bounds-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const shows = join(folder, 'shows.cjs');
  writeFileSync(
    shows,
    `process.on('exit', () => console.log(JSON.stringify({
       limit: require('v8').getHeapStatistics().heap_size_limit, pid: process.pid, words: process.argv.slice(2) })));`,
  );
  const words = ['worker', '--config', join(folder, 'none.yaml')];
  const program = resolve(import.meta.dirname, '../../bin/cdcmig.ts');
  const { pid, stdout, status } = spawnSync(process.execPath, ['--require', shows, program, ...words], {
    encoding: 'utf8',
  });
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ pid, words });
  expect(told.limit).toBeLessThan(900 * megabyte);
  expect(status).toBe(1);
});
