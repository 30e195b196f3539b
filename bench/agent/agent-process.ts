import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundedAgent } from '../../src/deploy/agent-bounds.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { nicedCommand } from '../../src/model/niced-command.ts';

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

/** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
const ticksPerSecond = 100;

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
