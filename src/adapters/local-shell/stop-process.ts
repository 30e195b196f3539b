import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { isAlive } from './find-process.ts';
import type { PidRecord } from './pid-file.ts';

/** How a process is looked at and spoken to. */
export interface ProcessHands {
  isAlive(record: PidRecord): Promise<boolean>;
  /** To a process that has ended it is no error. */
  send(name: NodeJS.Signals, pid: number): Promise<void>;
  readonly pollMs: number;
}

/** SIGTERM, and SIGKILL for what still runs after the grace; returns when the process is gone. */
export async function stopProcess(
  record: PidRecord,
  graceMs: number,
  signal?: AbortSignal,
  hands: ProcessHands = ofThisMachine,
): Promise<void> {
  if (await endsAfter('SIGTERM', record, graceMs, hands, signal)) return;
  if (await endsAfter('SIGKILL', record, killMs, hands, signal)) return;
  throw new OperatorError({
    expected: `process ${record.pid} (${record.command[0]}) to end`,
    found: 'it runs on after SIGKILL',
    next: 'see what it waits for: a disk or file server that does not answer',
  });
}

async function endsAfter(
  name: NodeJS.Signals,
  record: PidRecord,
  waitMs: number,
  hands: ProcessHands,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  if (!(await hands.isAlive(record))) return true;
  await hands.send(name, record.pid);
  while (performance.now() < deadline) {
    if (!(await hands.isAlive(record))) return true;
    await sleep(hands.pollMs, undefined, { signal });
  }
  return !(await hands.isAlive(record));
}

async function send(name: NodeJS.Signals, pid: number): Promise<void> {
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
const ofThisMachine: ProcessHands = { isAlive, send, pollMs: 50 };
