import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryBounds } from '../../bin/memory-bounds.ts';
import { cpuSecondsOf } from '../support/cpu-seconds.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface SinkProcess {
  /** Resolves once all it needs is open. */
  readonly ready: Promise<void>;
  /** When it took its first partition, of `performance.now()`. */
  readonly firstTakenMs: number | undefined;
  readonly deadLetters: number;
  cpuSeconds(): number;
  /** The most memory it ever had. */
  peakMegabytes(): number;
  stop(): Promise<void>;
}

/** As `cdcmig worker` has them. */
const bounds = memoryBounds(['node', 'cdcmig', 'worker'], []);

export function startSinkProcess(settings: SinkSettings, folder: string): SinkProcess {
  const file = join(folder, `${settings.name}.json`);
  writeFileSync(file, JSON.stringify(settings));
  const program = fileURLToPath(new URL('./sink-process.ts', import.meta.url));
  const child = spawn(process.execPath, [...bounds, program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = { firstTakenMs: undefined as number | undefined, deadLetters: 0 };
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${settings.name} ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready')) resolve();
      if (text.includes('partition-taken')) said.firstTakenMs ??= performance.now();
      said.deadLetters += text.split('dead-letter').length - 1;
    });
  });
  ready.catch(() => {});
  return {
    ready,
    get firstTakenMs() {
      return said.firstTakenMs;
    },
    get deadLetters() {
      return said.deadLetters;
    },
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    peakMegabytes: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
