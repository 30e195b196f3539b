import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import type { DetachedProcess } from '../../ports/node-shell.ts';
import { isStarting } from './find-process.ts';
import { startScript } from './pid-file.ts';

/** Starts the process in a session of its own, so that it outlives us; returns once it is the command it was asked to be. */
export async function startProcess(asked: DetachedProcess, signal?: AbortSignal): Promise<void> {
  const command = [asked.command, ...asked.arguments];
  const log = await open(asked.logFile, 'a');
  try {
    const child = spawn('sh', ['-c', startScript, 'sh', asked.pidFile, JSON.stringify(command), ...command], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...asked.environment },
    });
    child.unref();
    await waitUntilStarted(child, asked, signal);
  } finally {
    await log.close();
  }
}

interface Child {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  once(event: 'error', listener: (error: Error) => void): unknown;
}

async function waitUntilStarted(child: Child, asked: DetachedProcess, signal?: AbortSignal): Promise<void> {
  let fault: Error | undefined;
  child.once('error', (error) => {
    fault = error;
  });
  // A shell that cannot write its pid file or find its command ends with 126 or 127 at once.
  while (child.pid === undefined || (await isStarting(child.pid))) {
    if (fault) throw notStarted(asked, fault.message, fault);
    await sleep(pollMs, undefined, { signal });
  }
  await sleep(pollMs, undefined, { signal });
  if (child.exitCode === 126 || child.exitCode === 127)
    throw notStarted(asked, `the shell ended with ${child.exitCode}`);
}

function notStarted(asked: DetachedProcess, found: string, cause?: unknown): OperatorError {
  const next = `see the end of ${asked.logFile}, and whether ${asked.pidFile} can be written`;
  return new OperatorError({ expected: `${asked.command} to start`, found, next }, { cause });
}

const pollMs = 20;
