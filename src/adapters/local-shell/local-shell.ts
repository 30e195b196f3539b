import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { OperatorError } from '../../errors.ts';
import type { DetachedProcess, NodeShell } from '../../ports/node-shell.ts';
import { isAlive } from './find-process.ts';
import { makeFolder, readWholeFile, replaceFile } from './local-files.ts';
import { type PidRecord, parsePidFile } from './pid-file.ts';
import { startProcess } from './start-process.ts';
import { stopProcess } from './stop-process.ts';

export interface LocalShellOptions {
  /** Between SIGTERM and SIGKILL. */
  readonly stopGraceMs?: number;
}

/** The machine that cdcmig runs on, as a source node. Needs Linux's /proc. */
export function localShell({ stopGraceMs = 10_000 }: LocalShellOptions = {}): NodeShell {
  return {
    name: hostname(),
    makeFolder,
    writeFile: replaceFile,
    readFile: readWholeFile,
    ensureRunning,
    isRunning: async (asked, signal) => isOf(await runningRecord(asked, signal), asked),
    stop: async (asked, signal) => {
      const record = await runningRecord(asked, signal);
      if (record) await stopProcess(record, stopGraceMs, signal);
      await rm(asked.pidFile, { force: true });
    },
    close: async () => {},
  };
}

async function ensureRunning(asked: DetachedProcess, signal?: AbortSignal): Promise<'started' | 'was running'> {
  const record = await runningRecord(asked, signal);
  if (record && !isOf(record, asked)) throw runsOther(asked, record);
  if (record) return 'was running';
  await startProcess(asked, signal);
  return 'started';
}

async function runningRecord(asked: DetachedProcess, signal?: AbortSignal): Promise<PidRecord | undefined> {
  const text = await readWholeFile(asked.pidFile, signal);
  const record = text === undefined ? undefined : parsePidFile(text);
  return record && (await isAlive(record)) ? record : undefined;
}

function isOf(record: PidRecord | undefined, asked: DetachedProcess): boolean {
  return record !== undefined && JSON.stringify(record.command) === JSON.stringify([asked.command, ...asked.arguments]);
}

function runsOther(asked: DetachedProcess, record: PidRecord): OperatorError {
  return new OperatorError({
    expected: `${asked.pidFile} to belong to ${[asked.command, ...asked.arguments].join(' ')}`,
    found: `process ${record.pid} runs under it: ${record.command.join(' ')}`,
    next: 'stop that process first',
  });
}
