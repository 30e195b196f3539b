import type { AgentSettings } from '../model/agent-settings.ts';
import type { AgentProgram } from './node-agent.ts';

/** How Node starts `cdcmig`: the command, the script, then the arguments. */
export type NodeProgram = readonly [node: string, ...script: string[]];

/** The agent's program with bounds on what it may take from the node whose machine it shares. */
export function boundedAgent([node, ...script]: NodeProgram, mode: AgentSettings['mode']): AgentProgram {
  return {
    command: '/usr/bin/env',
    arguments: [allocator, node, ...memoryBounds, ...script, 'agent'],
    niceness: niceness[mode],
  };
}

/**
 * In commitlog mode an agent that falls behind costs disk in its own folder, so the node goes first; 5 leaves the agent
 * about a quarter of a core that somebody else wants (a third of the node's weight, by the kernel's table). In cdc mode
 * it would fill cdc_raw, and a node whose cdc_raw is full refuses the application's writes: there it gets its fair share.
 */
const niceness: Readonly<Record<AgentSettings['mode'], number>> = { commitlog: 5, cdc: 0 };

/** By itself glibc keeps what it was once given: two sections of 30 MiB cost 25 MB more. */
const allocator = 'MALLOC_MMAP_THRESHOLD_=131072';

/**
 * Some 35 MB live in the heap at full speed; by Node's defaults garbage makes a multiple of it (bench/agent.ts shows the
 * peak). Growing is named because a small limit makes V8 collect four times as often, for as much CPU again as all the
 * work. One thread collects: an agent takes hardly more than one core.
 */
const memoryBounds = [
  '--max-old-space-size=192',
  '--max-semi-space-size=8',
  '--heap-growing-percent=100',
  '--single-threaded-gc',
];
