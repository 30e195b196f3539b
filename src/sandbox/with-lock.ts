import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from './process-identity.ts';

interface Holder {
  readonly pid: number;
  readonly startMark: string;
  readonly nonce: string;
}

/**
 * Runs `work` while no other process of this machine holds the lock file. Waits for the holder; a lock whose holder has
 * died is taken over. Do not nest two calls with the same file.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { readonly onWait?: (pid: number) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const self = { pid: process.pid, startMark: identifyProcess(process.pid)!.startMark, nonce: crypto.randomUUID() };
  let hasWaited = false;
  while (!tryTake(file, self)) {
    const holder = readHolder(file);
    if (holder && !isAlive(holder)) clearStale(file, holder);
    else {
      if (holder && !hasWaited) options.onWait?.(holder.pid);
      hasWaited = true;
      await sleep(100, undefined, { ...(options.signal && { signal: options.signal }) });
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** The lock file appears with its content or not at all: a reader never meets an empty one. */
function tryTake(file: string, self: Holder): boolean {
  const own = `${file}.${self.nonce}`;
  writeFileSync(own, JSON.stringify(self));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  return identifyProcess(holder.pid)?.startMark === holder.startMark;
}

/** Moves a dead holder's lock away. If a living one took its place meanwhile, that one is put back. */
function clearStale(file: string, dead: Holder): void {
  const aside = `${file}.${crypto.randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readHolder(aside)?.nonce !== dead.nonce) linkSync(aside, file);
  } catch {
    // Another waiter was quicker.
  } finally {
    rmSync(aside, { force: true });
  }
}
