import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { DetachedProcess, NodeShell } from '../../ports/node-shell.ts';
import { isAlive } from './find-process.ts';
import { isOf, readPidRecord, runsOther } from './known-process.ts';
import {
  copyWholeFile,
  digestOf,
  makeFolder,
  readWholeFile,
  removeFile,
  replaceFile,
  uploadFile,
} from './local-files.ts';
import type { PidRecord } from './pid-file.ts';
import { runCommand } from './run-command.ts';
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
    upload: uploadFile,
    copyFile: copyWholeFile,
    digestOf,
    removeFile,
    run: runCommand,
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
  const record = readPidRecord(await readWholeFile(asked.pidFile, signal));
  return record && (await isAlive(record)) ? record : undefined;
}
