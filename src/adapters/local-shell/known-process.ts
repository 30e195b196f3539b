import { OperatorError } from '../../errors.ts';
import type { DetachedProcess } from '../../ports/node-shell.ts';
import { type PidRecord, parsePidFile } from './pid-file.ts';

export function readPidRecord(text: string | undefined): PidRecord | undefined {
  return text === undefined ? undefined : parsePidFile(text);
}

/** Whether the process of that record was started as the one that is asked for. */
export function isOf(record: PidRecord | undefined, asked: DetachedProcess): boolean {
  return record !== undefined && JSON.stringify(record.command) === JSON.stringify([asked.command, ...asked.arguments]);
}

export function runsOther(asked: DetachedProcess, record: PidRecord): OperatorError {
  return new OperatorError({
    expected: `${asked.pidFile} to belong to ${[asked.command, ...asked.arguments].join(' ')}`,
    found: `process ${record.pid} runs under it: ${record.command.join(' ')}`,
    next: 'stop that process first',
  });
}
