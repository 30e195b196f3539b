import { setTimeout as sleep } from 'node:timers/promises';
import { startAgentProcess } from './agent-process.ts';
import type { BenchWorld } from './bench-world.ts';
import { followOrders, followWatermarks } from './read-changes.ts';
import { writePaced } from './write-orders.ts';

export interface Lag {
  readonly writes: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Milliseconds from the node's answer to a writer until a reader has the record. The broker hands a record out once it
 * is stored, so its acknowledgement to the agent came no later.
 */
export async function measureLag(
  world: BenchWorld,
  load: { readonly perSecond: number; readonly seconds: number },
  nodeOptions: readonly string[],
): Promise<Lag> {
  const agent = startAgentProcess(world.settings, nodeOptions);
  const stop = new AbortController();
  const [acknowledged, arrived] = [new Map<number, number>(), new Map<number, number>()];
  const following = followOrders(
    world,
    (id) => void (arrived.has(id) || arrived.set(id, performance.now())),
    stop.signal,
  );
  try {
    await untilWatermark(world);
    // The first second of an agent and of a connection is not what lasts.
    await sleep(2_000);
    await writePaced(world.pool, world.table, load, (id) => void acknowledged.set(id, performance.now()));
    for (let waited = 0; arrived.size < acknowledged.size; waited += 50) {
      if (waited > 60_000) throw new Error(`${acknowledged.size - arrived.size} writes never arrived`);
      await sleep(50);
    }
  } finally {
    stop.abort();
    await following;
    await agent.stop();
  }
  return lagOf([...acknowledged].map(([id, atMs]) => arrived.get(id)! - atMs));
}

/** The agent follows. */
export async function untilWatermark({ bus }: Pick<BenchWorld, 'bus'>): Promise<void> {
  const seen = new AbortController();
  await followWatermarks(bus, () => seen.abort(), AbortSignal.any([seen.signal, AbortSignal.timeout(300_000)]));
  if (!seen.signal.aborted) throw new Error('no watermark within five minutes');
}

function lagOf(lags: readonly number[]): Lag {
  const sorted = lags.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { writes: lags.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1)! };
}
