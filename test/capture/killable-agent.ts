import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { AgentSettings } from '../../src/model/agent-settings.ts';

/** The agent as a process of its own, which a test may kill. */
export interface KillableAgent {
  /** Lines of its log. */
  readonly log: readonly string[];
  start(): void;
  /** As the kernel's out-of-memory killer would. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

export function killableAgent(settings: AgentSettings): KillableAgent {
  mkdirSync(settings.folder, { recursive: true });
  const file = join(settings.folder, 'agent.json');
  writeFileSync(file, JSON.stringify(settings));
  const script = fileURLToPath(new URL('agent-process.ts', import.meta.url));
  const log: string[] = [];
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    return child.exitCode;
  }

  onTestFinished(async () => {
    await end('SIGKILL');
  });
  return {
    log,
    start: () => {
      child = spawn(process.execPath, [script, '--settings', file], { stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr!.on('data', (text: Buffer) => log.push(text.toString()));
    },
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
