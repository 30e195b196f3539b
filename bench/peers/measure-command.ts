import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Usage {
  readonly seconds: number;
  /** User and system time of the command and all that it started, seconds. */
  readonly cpuSeconds: number;
  /** The most that all its processes held at once, as looked at ten times a second. */
  readonly peakMegabytes: number;
}

/** Runs a command to its end and says what it took. Throws with the end of what it said when it fails. */
export async function measureCommand(command: readonly string[]): Promise<Usage> {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-bench-'));
  const [times, said] = [join(folder, 'times'), join(folder, 'said')];
  const log = openSync(said, 'w');
  const began = performance.now();
  // The shell's own word for what its children took: Node has none.
  const script = 'out=$1; shift; "$@"; code=$?; times >"$out"; exit $code';
  const child = spawn('bash', ['-c', script, 'bash', times, ...command], { stdio: ['ignore', log, log] });
  let peakMegabytes = 0;
  const watch = setInterval(() => (peakMegabytes = Math.max(peakMegabytes, megabytesBelow(child.pid!))), 100);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const seconds = (performance.now() - began) / 1000;
    if (code !== 0)
      throw new Error(`${command.join(' ')} ended with ${code}: ${readFileSync(said, 'utf8').slice(-2000)}`);
    return { seconds, cpuSeconds: childrenSeconds(readFileSync(times, 'utf8')), peakMegabytes };
  } finally {
    clearInterval(watch);
    closeSync(log);
    rmSync(folder, { recursive: true });
  }
}

/** The second line of `times`: user and system, as 1m2.345s. */
function childrenSeconds(text: string): number {
  const parts = text.split('\n')[1]!.matchAll(/(\d+)m([\d.]+)s/g);
  return [...parts].reduce((total, [, minutes, seconds]) => total + Number(minutes) * 60 + Number(seconds), 0);
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly megabytes: number;
}

/** Resident memory of all descendants of a process. */
function megabytesBelow(root: number): number {
  const all = readdirSync('/proc').flatMap(readProcess);
  const below = (pid: number): number =>
    all.filter(({ parent }) => parent === pid).reduce((total, one) => total + one.megabytes + below(one.pid), 0);
  return below(root);
}

function readProcess(name: string): readonly Process[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    const status = readFileSync(`/proc/${name}/status`, 'utf8');
    const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return [{ pid: Number(name), parent: field('PPid'), megabytes: field('VmRSS') / 1024 }];
  } catch {
    // It ended since it was listed.
    return [];
  }
}
