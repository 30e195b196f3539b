import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import type { Split } from '../../src/model/split.ts';
import { splitsSubscription, topics } from '../../src/model/topics.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { copySplits } from '../../src/snapshot/copy-splits.ts';
import { publishSplits } from '../../src/snapshot/publish-splits.ts';

const splits = Array.from(
  { length: 12 },
  (_, number): Split => ({
    id: `things/${number}`,
    table: 'things',
    tableId: 'abcd',
    range: { start: BigInt(number) * 2n ** 60n, end: BigInt(number + 1) * 2n ** 60n },
  }),
);

describe('splits on a Pulsar topic', () => {
  let bus: MessageBus;

  beforeAll(async () => {
    bus = await openBus('planner');
    await bus.ensureNamespace();
    await bus.ensureTopic(topics.splits, 0);
    await bus.ensureSubscription(topics.splits, splitsSubscription);
  });
  afterAll(() => bus?.close());

  test('are published once, however often they are published', async () => {
    const first = await publishSplits({ bus, splits: splits.slice(0, 5), isCopied: () => false });
    const second = await publishSplits({ bus, splits, isCopied: () => false });
    const third = await publishSplits({ bus, splits, isCopied: () => false });

    expect([first, second, third].map(({ published }) => published)).toEqual([5, 7, 0]);
  });

  test('go to another worker when the one that took them dies, and none is copied by nobody', async () => {
    const copied = new Map<string, string>();
    const dead = new AbortController();
    const enough = new AbortController();
    const dying = await openBus('dying');
    const taken: string[] = [];

    const hanging = worker(dying, {
      splitsAtOnce: 2,
      signal: dead.signal,
      copy: (split, signal) => {
        taken.push(split.id);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      record: async () => undefined,
    }).catch((error: Error) => error);
    while (taken.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await dying.close();
    dead.abort(new Error('dead'));
    await hanging;

    const others = ['a', 'b'].map(async (name) => {
      const own = await openBus(name);
      try {
        await worker(own, {
          splitsAtOnce: 2,
          enough: enough.signal,
          copy: async (split) => aCopy(split, name),
          record: async ({ split }) => {
            copied.set(split.id, name);
            if (copied.size === splits.length) enough.abort();
          },
        });
      } finally {
        await own.close();
      }
    });
    await Promise.all(others);

    expect(taken).toHaveLength(2);
    expect([...copied.keys()].sort()).toEqual(splits.map((split) => split.id).sort());
    await expect.poll(async () => (await bus.backlog(topics.splits, splitsSubscription)).entries).toBe(0);
  });
});

const namespace = `splits-${process.pid}-${Date.now()}`;

function openBus(clientName: string): Promise<MessageBus> {
  const { serviceUrl, adminUrl } = inject('sandbox').pulsar;
  return openPulsarBus({ serviceUrl, adminUrl, tenant: 'public', namespace, clientName });
}

async function worker(
  bus: MessageBus,
  work: Pick<Parameters<typeof copySplits>[0], 'copy' | 'record' | 'splitsAtOnce'> & {
    readonly signal?: AbortSignal;
    readonly enough?: AbortSignal;
  },
): Promise<void> {
  const subscription = await bus.subscribe(topics.splits, splitsSubscription, 'shared', { queueSize: 1 });
  const whole = { isDone: async () => false, restOf: () => undefined, publish: async () => {} };
  await copySplits({ subscription, ...whole, enough: new AbortController().signal, ...work });
}

function aCopy(split: Split, worker: string) {
  const none = { readRows: 0n, writtenRows: 0n, supersededRows: 0n, deadLetteredRows: 0n, bytes: 0n };
  return { split, floorMicros: 1n, ...none, worker, finishedAtMicros: 2n };
}
