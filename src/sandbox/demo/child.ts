import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess, killHard, runningProcess, writePidFile } from '../known-process.ts';
import type { DemoFolder } from './demo-folder.ts';

export interface Child {
  readonly logFile: string;
  readonly ended: Promise<Ended>;
  /** SIGTERM; SIGKILL after the grace. */
  stop(): Promise<Ended>;
  /** SIGKILL. */
  kill(): Promise<Ended>;
}

interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The end of what it wrote to stderr. */
  readonly lastWords: string;
}

export interface ChildToStart {
  /** Names its log and its pid file. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly folder: DemoFolder;
  /** Default: our own. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Every line of its stdout. */
  readonly onLine?: ((line: string) => void) | undefined;
}

const graceMs = 20_000;
const wordsKept = 2000;

/** Starts a program in a session of its own: the operator's Ctrl-C reaches the demo alone, which ends its children in order. */
export function startChild({ name, command, folder, environment, onLine }: ChildToStart): Child {
  const [program, ...args] = command;
  const logFile = join(folder.logs, `${name}.log`);
  const pidFile = join(folder.run, `${name}.pid`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const env = environment ?? process.env;
  const child = spawn(program, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) writePidFile(pidFile, child.pid);
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-wordsKept);
    log.write(text);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    onLine?.(line);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      log.end();
      resolve({ exitCode, lastWords: lastWords.trim() });
    });
  });
  // Whoever waits gets the failure; one that nobody waits for must not end the demo.
  ended.catch(() => {});
  const endWith = async (end: (known: NonNullable<ReturnType<typeof runningProcess>>) => Promise<void>) => {
    const known = runningProcess(pidFile);
    if (known) await end(known);
    return ended;
  };
  return { logFile, ended, stop: () => endWith((known) => endProcess(known, graceMs)), kill: () => endWith(killHard) };
}
