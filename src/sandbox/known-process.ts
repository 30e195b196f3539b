import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from './process-identity.ts';

/** A process as a pid file tells it: a later one with the same pid has another start mark. */
export interface KnownProcess {
  readonly pid: number;
  readonly startMark: string;
}

/** Pid and start mark on two lines, as the pid files of agents and workers begin as well. */
export function writePidFile(file: string, pid: number): void {
  const startMark = identifyProcess(pid)?.startMark;
  if (startMark !== undefined) writeFileSync(file, `${pid}\n${startMark}\n`);
}

/** The process of this pid file if it runs. */
export function runningProcess(pidFile: string): KnownProcess | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return undefined;
  }
  const [pid, startMark = ''] = text.split('\n');
  const known = { pid: Number(pid), startMark };
  return known.pid > 0 && isRunning(known) ? known : undefined;
}

/** The files that end in `.pid` in this folder. */
export function pidFilesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.pid'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Kill -9, as a crash would; returns when the process is gone. */
export async function killHard(known: KnownProcess): Promise<void> {
  send(known, 'SIGKILL');
  while (isRunning(known)) await sleep(pollMs);
}

/** Asks, and kills what has not ended after the grace. */
export async function endProcess(known: KnownProcess, graceMs: number): Promise<void> {
  send(known, 'SIGTERM');
  for (const begin = performance.now(); performance.now() - begin < graceMs; await sleep(pollMs))
    if (!isRunning(known)) return;
  await killHard(known);
}

function isRunning({ pid, startMark }: KnownProcess): boolean {
  return identifyProcess(pid)?.startMark === startMark;
}

function send(known: KnownProcess, signal: NodeJS.Signals): void {
  try {
    if (isRunning(known)) process.kill(known.pid, signal);
  } catch (error) {
    // It may have ended since we looked.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const pollMs = 50;
