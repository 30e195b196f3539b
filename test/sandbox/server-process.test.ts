import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { identifyProcess, parseProcStat } from '../../src/sandbox/process-identity.ts';
import type { AnyServer } from '../../src/sandbox/sandbox-state.ts';
import { endGracefully, isRunning, kill } from '../../src/sandbox/server-process.ts';
import { aSandbox } from '../support/a-sandbox.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that looks like a server: its command line names the arguments file. */
async function aProcess(script = 'setInterval(() => {}, 1000)', marker = `@${aSandbox().target.argsFile}`) {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`, marker]);
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

function recordedAs(child: ChildProcess, part: Partial<AnyServer> = {}): AnyServer {
  const startMark = identifyProcess(child.pid!)!.startMark;
  return { ...aSandbox().target, pid: child.pid!, startMark, ...part } as AnyServer;
}

test('the recorded process is ours while it runs, and not after it has ended', async () => {
  const child = await aProcess();
  const server = recordedAs(child);
  expect(isRunning(server)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(server)).toBe(false);
});

test('a process that got the pid of a dead server later is spared', async () => {
  const child = await aProcess();
  const server = recordedAs(child, { startMark: '1' });
  expect(await endGracefully(server, 1000)).toBe(true);
  await kill(server);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test('a process with our pid and start but another command is spared', async () => {
  const child = await aProcess(undefined, '@/another/sandbox/target/java.args');
  await kill(recordedAs(child));
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test('a server that ignores the request to end is killed after the grace', async () => {
  const child = await aProcess("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  const exit = once(child, 'exit');
  expect(await endGracefully(recordedAs(child), 200)).toBe(false);
  expect(await exit).toEqual([null, 'SIGKILL']);
});

test('waiting for a server to end can be given up', async () => {
  const child = await aProcess("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  await expect(endGracefully(recordedAs(child), 60_000, AbortSignal.timeout(100))).rejects.toThrow();
});

test('a pid that nobody holds is nobody', () => {
  expect(identifyProcess(2 ** 22 + 1)).toBeNull();
});

test('a zombie is nobody, and a command name with brackets and blanks misleads no one', () => {
  const stat = (state: string) => `7 (a (b) c) ${state} 1 ${Array.from({ length: 17 }, () => '0').join(' ')} 4711 0 0`;
  expect(parseProcStat(stat('S'), 'java')).toEqual({ startMark: '4711', commandLine: 'java' });
  expect(parseProcStat(stat('Z'), '')).toBeNull();
});
