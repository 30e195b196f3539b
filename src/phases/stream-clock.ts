import { followedNodes } from '../state/compare-ring.ts';
import { readProgress } from '../stream/read-progress.ts';
import type { StreamPosition } from '../stream/stream-position.ts';
import type { LedgerContext, WorkerContext } from './phase-context.ts';
import { handOverOf } from './start-source.ts';

const pollMs = 500;

/** Stream time as a background reading: what validation asks between two rows must be at hand. */
export interface StreamClock {
  readonly position: StreamPosition | undefined;
  close(): Promise<void>;
}

/** Asks once where the stream is. */
export function askStream({ bus, clock, ledger, signal }: LedgerContext): Promise<StreamPosition> {
  const record = handOverOf(ledger.state.handOver);
  const question = {
    bus,
    partitionCount: record.changesPartitions,
    nodes: followedNodes(ledger.state).map((node) => node.hostId),
    nowMicros: clock.nowMicros(),
  };
  return readProgress(question, signal);
}

/** Follows the stream until it is closed. A reading that fails leaves the position unknown. */
export async function openStreamClock(context: WorkerContext): Promise<StreamClock> {
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  let position: StreamPosition | undefined;
  const look = async () => {
    position = await askStream({ ...context, signal }).catch(() => undefined);
  };
  await look();
  const following = follow();
  return {
    get position() {
      return position;
    },
    async close() {
      closing.abort();
      await following;
    },
  };

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await context.clock.sleep(pollMs, signal).catch(() => {});
      if (!signal.aborted) await look();
    }
  }
}
