import { SharedCapacities, type ToldUse, toldForMs } from '../apply/shared-capacity.ts';
import { topics } from '../model/topics.ts';
import type { Publisher, TopicReader } from '../ports/message-bus.ts';
import type { WorkerContext } from './phase-context.ts';

export interface CapacityTalk {
  /** Undefined where the target’s tables have no capacity. */
  readonly shared: SharedCapacities | undefined;
  close(): Promise<void>;
}

const lookEveryMs = 1_000;
const tryAgainMs = 5_000;

/** Lets a writer and all others, in whatever process, know of each other what they take of the target, on the topic of the stream's progress. */
export async function shareCapacity(context: WorkerContext, writes: 'copy' | 'stream'): Promise<CapacityTalk> {
  if (context.config.target.kind !== 'keyspaces') return { shared: undefined, close: async () => {} };
  const { bus, clock, workerName, signal } = context;
  const writer = `${workerName}/${writes}`;
  const shared = new SharedCapacities();
  const nowMs = () => Number(clock.nowMicros() / 1000n);
  const publisher = await bus.publisher(topics.progress, {}, signal);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const talking = Promise.all([untilStopped(tell, lookEveryMs), untilStopped(listen, tryAgainMs)]);
  return {
    shared,
    async close() {
      stop.abort();
      await talking;
      await publisher.close();
    },
  };

  /** Without the others’ word each keeps to what it last knew: nothing of it may stop a write. */
  async function untilStopped(act: () => Promise<void>, pauseMs: number): Promise<void> {
    while (!either.aborted) {
      await act().catch(() => {});
      await clock.sleep(pauseMs, either).catch(() => {});
    }
  }

  async function tell(): Promise<void> {
    // Nobody waits for a broker that is away, or leaving would.
    for (const use of shared.tell(nowMs())) publishUse(publisher, writer, use).catch(() => {});
  }

  async function listen(): Promise<void> {
    const from = { kind: 'published-since', atMs: nowMs() - toldForMs } as const;
    const reader = await bus.reader(topics.progress, from, either);
    try {
      await hearAll(
        reader,
        (other, use) => other !== writer && shared.of(use.table).heard(other, use, nowMs()),
        either,
      );
    } finally {
      await reader.close();
    }
  }
}

async function publishUse(publisher: Publisher, writer: string, use: ToldUse): Promise<void> {
  await publisher.publish({ payload: Buffer.from(JSON.stringify({ use: { writer, ...use } })) });
}

async function hearAll(
  reader: TopicReader,
  hear: (writer: string, use: ToldUse) => void,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    const use = decodeUse((await reader.next(signal)).payload);
    if (use) hear(use.writer, use);
  }
}

/** Undefined for whatever else is on the topic. */
function decodeUse(payload: Buffer): (ToldUse & { readonly writer: string }) | undefined {
  try {
    const use = JSON.parse(payload.toString())?.use;
    return typeof use?.writer === 'string' && typeof use.table === 'string' ? use : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
