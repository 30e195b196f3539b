import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { isAlive } from './find-process.ts';
import type { PidRecord } from './pid-file.ts';

/** SIGTERM, and SIGKILL for what still runs after the grace; returns when the process is gone. */
export async function stopProcess(record: PidRecord, graceMs: number, signal?: AbortSignal): Promise<void> {
  if (await endsAfter('SIGTERM', record, graceMs, signal)) return;
  if (await endsAfter('SIGKILL', record, killMs, signal)) return;
  throw new OperatorError({
    expected: `process ${record.pid} (${record.command[0]}) to end`,
    found: 'it runs on after SIGKILL',
    next: 'see what it waits for: a disk or file server that does not answer',
  });
}

async function endsAfter(name: NodeJS.Signals, record: PidRecord, waitMs: number, signal?: AbortSignal) {
  const deadline = performance.now() + waitMs;
  if (!(await isAlive(record))) return true;
  send(name, record.pid);
  while (performance.now() < deadline) {
    if (!(await isAlive(record))) return true;
    await sleep(pollMs, undefined, { signal });
  }
  return !(await isAlive(record));
}

function send(name: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It may have ended since we looked.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new OperatorError(
      {
        expected: `to send ${name} to process ${pid}`,
        found: (error as Error).message,
        next: 'run as the user who started it',
      },
      { cause: error },
    );
  }
}

const killMs = 5_000;
const pollMs = 50;
