import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { boundedAgent } from '../../src/deploy/agent-bounds.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { nicedCommand } from '../../src/model/niced-command.ts';

/** The agent as deploy-agent starts it, which a test may kill. */
export interface KillableAgent {
  /** Lines of its log. */
  readonly log: readonly string[];
  start(): void;
  /** As the kernel's out-of-memory killer would. */
  kill(): Promise<void>;
  /** The most memory this process ever had. */
  peakMegabytes(): number;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

export function killableAgent(settings: AgentSettings): KillableAgent {
  mkdirSync(settings.folder, { recursive: true });
  const file = join(settings.folder, 'agent.json');
  writeFileSync(file, JSON.stringify(settings));
  const cdcmig = fileURLToPath(new URL('../../bin/cdcmig.ts', import.meta.url));
  const agent = nicedCommand(boundedAgent([process.execPath, cdcmig], settings.mode));
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
      const stdio: StdioOptions = ['ignore', 'ignore', 'pipe'];
      child = spawn(agent.command, [...agent.arguments, '--settings', file], { stdio, detached: true });
      child.stderr!.on('data', (text: Buffer) => log.push(text.toString()));
    },
    kill: async () => {
      await end('SIGKILL');
    },
    peakMegabytes: () =>
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child!.pid}/status`, 'utf8'))![1]) / 1024,
    stop: () => end('SIGTERM'),
  };
}
