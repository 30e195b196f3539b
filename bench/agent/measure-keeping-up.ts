import { setTimeout as sleep } from 'node:timers/promises';
import { startAgentProcess } from './agent-process.ts';
import type { BenchWorld } from './bench-world.ts';
import { untilWatermark } from './measure-lag.ts';
import { followWatermarks } from './read-changes.ts';
import { writeFast } from './write-orders.ts';

export interface KeepingUp {
  readonly writesPerSecond: number;
  /** How old the newest watermark was, every fifth of the time; up to 1.2 s above `visibilityDelayMs` when the agent keeps up. */
  readonly lagSeconds: readonly number[];
  /** From the last write until everything was published. */
  readonly catchUpSeconds: number;
  /** Of the agent, from the first write until it had caught up. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Writes so many a second, or as fast as the machine can, beside the agent and the broker. */
export async function measureKeepingUp(
  world: BenchWorld,
  { perSecond, seconds }: { readonly perSecond: number | undefined; readonly seconds: number },
  nodeOptions: readonly string[],
): Promise<KeepingUp> {
  const agent = startAgentProcess(world.settings, nodeOptions);
  const stop = new AbortController();
  let claimedMicros = 0n;
  const following = followWatermarks(world.bus, (mark) => (claimedMicros = mark.instantMicros), stop.signal);
  try {
    await untilWatermark(world);
    const lagSeconds: number[] = [];
    const cpuBefore = agent.cpuSeconds();
    const writing = AbortSignal.timeout(seconds * 1000);
    const load = { count: Number.MAX_SAFE_INTEGER, perSecond, signal: writing };
    const [written] = await Promise.all([
      writeFast(world.pool, world.table, load),
      (async () => {
        for (let fifth = 0; fifth < 5; fifth++) {
          await sleep((seconds * 1000) / 5);
          lagSeconds.push(Date.now() / 1000 - Number(claimedMicros) / 1e6);
        }
      })(),
    ]);
    const lastMicros = BigInt(Date.now()) * 1000n;
    while (claimedMicros < lastMicros) await sleep(20);
    const catchUpSeconds = Date.now() / 1000 - Number(lastMicros) / 1e6;
    return {
      writesPerSecond: written / seconds,
      lagSeconds,
      catchUpSeconds,
      cpuSeconds: agent.cpuSeconds() - cpuBefore,
      peakMegabytes: agent.peakMegabytes(),
    };
  } finally {
    stop.abort();
    await following;
    await agent.stop();
  }
}
