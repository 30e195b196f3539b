import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** How a command ended, and all that it said. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command line, as a process of its own. */
export interface CdcmigProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves once stdout and stderr together show this; throws what was said when the process ends before. */
  untilSaid(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

const program = resolve('bin/cdcmig.ts');

export function startCdcmig(words: readonly string[]): CdcmigProcess {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
    child.emit('said');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
    child.emit('said');
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...said }));
  return { pid: child.pid!, ended, untilSaid, signal: (name) => void child.kill(name) };

  async function untilSaid(pattern: RegExp): Promise<void> {
    const isSaid = () => pattern.test(said.stdout + said.stderr);
    let isOver = false;
    const over = ended.then(() => {
      isOver = true;
    });
    while (!isSaid()) {
      if (isOver) throw new Error(`cdcmig ${words.join(' ')} never said ${pattern}: ${said.stdout}${said.stderr}`);
      await Promise.race([once(child, 'said'), over]);
    }
  }
}

export function cdcmig(...words: readonly string[]): Promise<Ended> {
  return startCdcmig(words).ended;
}
