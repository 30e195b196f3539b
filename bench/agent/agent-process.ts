import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundedAgent } from '../../src/deploy/agent-bounds.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { nicedCommand } from '../../src/model/niced-command.ts';
import { cpuSecondsOf } from '../support/cpu-seconds.ts';

/** `cdcmig agent` as deploy-agent starts it, and what the kernel says of it. */
export interface AgentProcess {
  /** User and system time of all its threads until now. */
  cpuSeconds(): number;
  /** The most memory it ever had. */
  peakMegabytes(): number;
  stop(): Promise<void>;
}

/** Its log goes to agent.log in its folder. `nodeOptions` are for a profiler. */
export function startAgentProcess(settings: AgentSettings, nodeOptions: readonly string[]): AgentProcess {
  const file = join(settings.folder, 'agent.json');
  writeFileSync(file, JSON.stringify(settings));
  const program = fileURLToPath(new URL('../../bin/cdcmig.ts', import.meta.url));
  const log = openSync(join(settings.folder, 'agent.log'), 'a');
  const agent = nicedCommand(boundedAgent([process.execPath, ...nodeOptions, program], settings.mode));
  // As deploy-agent starts it: in a session of its own.
  const child = spawn(agent.command, [...agent.arguments, '--settings', file], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  return {
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    peakMegabytes: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
