import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identifyProcess } from '../../src/sandbox/process-identity.ts';
import { withLock } from '../../src/sandbox/with-lock.ts';

let dir = '';
let lock = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-lock-'));
  lock = join(dir, 'lock');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('work under one lock never overlaps', async () => {
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await sleep(20);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(lock, work)));
});

test('the lock is free again after work that failed, and nothing is left behind', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(readdirSync(dir)).toEqual([]);
});

test('the lock of a process that has died is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const { startMark } = identifyProcess(child.pid!)!;
  writeFileSync(lock, JSON.stringify({ pid: child.pid, startMark, nonce: 'theirs' }));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await withLock(lock, async () => 'mine')).toBe('mine');
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a living process is waited for, its pid is told, and the wait can be given up', async () => {
  const { startMark } = identifyProcess(process.pid)!;
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startMark, nonce: 'theirs' }));
  const waitedFor: number[] = [];
  const attempt = withLock(lock, async () => 'mine', {
    onWait: (pid) => waitedFor.push(pid),
    signal: AbortSignal.timeout(250),
  });
  await expect(attempt).rejects.toThrow();
  expect(waitedFor).toEqual([process.pid]);
  expect(existsSync(lock)).toBe(true);
});
