import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { positionPath } from '../../src/capture/position-file.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { startAgentProcess } from './agent-process.ts';
import type { BenchWorld } from './bench-world.ts';
import { untilWatermark } from './measure-lag.ts';
import { countOrders } from './read-changes.ts';
import { writeFast } from './write-orders.ts';

export interface BacklogFigures {
  readonly mutations: number;
  /** From the first record's publishing until all are acknowledged. */
  readonly seconds: number;
  /** Of the whole process, its start included. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** Records published more than once. */
  readonly repeats: number;
}

/** An agent that starts at the beginning of a log which is all written: nothing but the agent and the broker work. */
export async function measureBacklog(
  world: BenchWorld,
  mutations: number,
  nodeOptions: readonly string[],
): Promise<BacklogFigures> {
  const { settings, bus } = world;
  await holdWhile(settings, () => writeFast(world.pool, world.table, { count: mutations }));
  const agent = startAgentProcess(settings, nodeOptions);
  try {
    // An agent claims nothing before it has read every log to its end and all of it is acknowledged.
    await untilWatermark(world);
    const endedMs = Date.now();
    const [cpuSeconds, peakMegabytes] = [agent.cpuSeconds(), agent.peakMegabytes()];
    const { messages, distinct, firstAtMs } = await countOrders(bus, settings);
    if (distinct !== mutations) throw new Error(`${distinct} of ${mutations} mutations were published`);
    return {
      mutations,
      seconds: (endedMs - firstAtMs) / 1000,
      cpuSeconds,
      peakMegabytes,
      repeats: messages - distinct,
    };
  } finally {
    await agent.stop();
  }
}

/**
 * Leaves a log of `work` that an agent has held and not published: one whose broker does not answer.
 */
async function holdWhile(settings: AgentSettings, work: () => Promise<unknown>): Promise<void> {
  const nowhere = { ...settings, pulsar: { ...settings.pulsar, serviceUrl: 'pulsar://127.0.0.1:9' } };
  const agent = startAgentProcess(nowhere, []);
  try {
    while (!existsSync(positionPath(settings.folder))) await sleep(50);
    await work();
    // By then the marker behind the last write is there.
    await sleep(settings.visibilityDelayMs + 1_000);
  } finally {
    await agent.stop();
  }
}
