import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { freePortRow } from './free-endpoints.ts';
import type { StandInFacts } from './keyspaces/stand-in-facts.ts';
import { endProcess, killHard, runningProcess, writePidFile } from './known-process.ts';

export interface StandInToStart {
  /** Of the sandbox whose target it stands before. */
  readonly dir: string;
  /** How cdcmig is started: command and first arguments. */
  readonly program: readonly [string, ...string[]];
  /** As `cdcmig sandbox keyspaces` takes them. */
  readonly options?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const patienceMs = 60_000;
const pollMs = 50;
const graceMs = 10_000;
/** CQL, the control plane, and metrics with faults. */
const portsNeeded = 3;

/**
 * Starts a sandbox's stand-in for Keyspaces as a daemon that outlives us, and returns when it serves. One that runs is left
 * as it is; one that was stopped comes back on its own ports, with what its account had.
 */
export async function startStandInProcess(start: StandInToStart): Promise<StandInFacts> {
  const files = filesOf(start.dir);
  const before = readFacts(files.facts);
  if (before && runningProcess(files.pid)) return before;
  mkdirSync(files.folder, { recursive: true });
  const port = before ? portOf(before) : await freePortRow(portsNeeded);
  spawnStandIn(start, files, port);
  return waitForFacts(files, start.signal);
}

/** Ends it as an operator would; false if it did not run. Its account and certificates stay. */
export async function stopStandInProcess(dir: string): Promise<boolean> {
  const known = runningProcess(filesOf(dir).pid);
  if (known) await endProcess(known, graceMs);
  rmSync(filesOf(dir).pid, { force: true });
  return known !== undefined;
}

/** Ends it as a crash would. */
export async function killStandInProcess(dir: string): Promise<void> {
  const known = runningProcess(filesOf(dir).pid);
  if (known) await killHard(known);
}

export interface StandInStatus {
  /** `died`: it was started and is gone without being stopped. */
  readonly condition: 'ready' | 'died' | 'stopped';
  readonly pid: number | null;
  readonly facts: StandInFacts;
}

/** Undefined when none was ever started beside this sandbox. */
export function standInStatus(dir: string): StandInStatus | undefined {
  const files = filesOf(dir);
  const facts = readFacts(files.facts);
  if (!facts) return undefined;
  const known = runningProcess(files.pid);
  if (known) return { facts, condition: 'ready', pid: known.pid };
  return { facts, condition: existsSync(files.pid) ? 'died' : 'stopped', pid: null };
}

type Files = ReturnType<typeof filesOf>;

function filesOf(dir: string) {
  const folder = standInDir(dir);
  const inside = (name: string) => join(folder, name);
  return { folder, pid: inside('server.pid'), facts: inside('facts.json'), log: inside('server.log') };
}

/** Where a sandbox's stand-in keeps its account, its certificates and its log. */
export function standInDir(sandboxDir: string): string {
  return join(resolve(sandboxDir), 'keyspaces');
}

function portOf({ endpoint }: StandInFacts): number {
  return Number(endpoint.split(':').at(-1));
}

function spawnStandIn({ dir, program, options = [] }: StandInToStart, files: Files, port: number): void {
  const [command, ...first] = program;
  const words = ['sandbox', 'keyspaces', '--dir', resolve(dir), '--port', String(port), '--json', ...options];
  // The facts name a password.
  const facts = openSync(files.facts, 'w', 0o600);
  const log = openSync(files.log, 'a');
  try {
    const child = spawn(command, [...first, ...words], { detached: true, stdio: ['ignore', facts, log] });
    child.on('error', () => {});
    if (child.pid !== undefined) writePidFile(files.pid, child.pid);
    child.unref();
  } finally {
    closeSync(facts);
    closeSync(log);
  }
}

async function waitForFacts(files: Files, signal: AbortSignal | undefined): Promise<StandInFacts> {
  for (const begin = performance.now(); performance.now() - begin < patienceMs; ) {
    const facts = readFacts(files.facts);
    if (facts) return facts;
    if (!runningProcess(files.pid)) break;
    await sleep(pollMs, undefined, { signal });
  }
  throw new OperatorError({
    expected: 'the stand-in for Amazon Keyspaces to serve',
    found: runningProcess(files.pid) ? `nothing for ${patienceMs / 1000} s` : 'its process ended',
    next: `read ${files.log}`,
  });
}

/** Undefined while there are none: no file yet, or nothing printed into it. */
function readFacts(file: string): StandInFacts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StandInFacts;
  } catch {
    return undefined;
  }
}
