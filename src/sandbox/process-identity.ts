import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A running process as the operating system tells it. `startMark` differs between two processes that had the same pid. */
export interface ProcessIdentity {
  readonly startMark: string;
  readonly commandLine: string;
}

/** Who holds this pid now; null when nobody does, or only a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  return existsSync('/proc/self/stat') ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return parseProcStat(stat, commandLine);
  } catch {
    return null;
  }
}

/** Reads state and start time from `/proc/PID/stat`. The command name may hold blanks and brackets: count from the last one. */
export function parseProcStat(stat: string, commandLine: string): ProcessIdentity | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (startTicks === undefined || state === 'Z' || state === 'X') return null;
  return { startMark: startTicks, commandLine };
}

// macOS has no /proc.
function fromPs(pid: number): ProcessIdentity | null {
  const lstartWidth = 24;
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    }).trim();
    return { startMark: line.slice(0, lstartWidth), commandLine: line.slice(lstartWidth).trim() };
  } catch {
    return null;
  }
}
