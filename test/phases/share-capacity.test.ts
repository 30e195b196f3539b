import { afterEach, expect, test } from 'vitest';
import { topics } from '../../src/model/topics.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { type CapacityTalk, shareCapacity } from '../../src/phases/share-capacity.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const capacity = { mode: 'provisioned', unitsPerSecond: 1_000 } as const;
const startMs = 1_700_000_000_000;
const open: CapacityTalk[] = [];

afterEach(async () => {
  for (const talk of open.splice(0)) await talk.close();
});

/** Stands still until it is moved; who sleeps wakes when its time has come. */
function aMovedClock() {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  const clock: Clock = {
    nowMicros: () => BigInt(nowMs) * 1000n,
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        sleepers.add({ untilMs: nowMs + ms, wake });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const move = async (ms: number) => {
    nowMs += ms;
    for (const sleeper of sleepers) if (sleeper.untilMs <= nowMs && sleepers.delete(sleeper)) sleeper.wake();
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };
  return { clock, move, nowMs: () => nowMs };
}

function aWorld(kind: 'keyspaces' | 'cassandra' = 'keyspaces') {
  const { clock, move, nowMs } = aMovedClock();
  const { bus, messages } = inMemoryBus(nowMs);
  const begin = async (workerName: string, writes: 'copy' | 'stream' = 'copy', more: object = {}) => {
    const { signal } = new AbortController();
    const context = { bus, clock, workerName, signal, config: { target: { kind } }, ...more };
    const talk = await shareCapacity(context as unknown as WorkerContext, writes);
    open.push(talk);
    return talk.shared?.of('shop.orders');
  };
  const own = (shared: Awaited<ReturnType<typeof begin>>) => shared!.allowed(capacity, nowMs()).own;
  return { begin, bus, clock, messages, move, nowMs, own };
}

test('two roads of one worker, and one of another, have a third of a table each once all write', async () => {
  const { begin, move, nowMs, own } = aWorld();
  const writers = [await begin('one', 'copy'), await begin('one', 'stream'), await begin('other', 'copy')];
  expect(writers.map(own)).toEqual([1_000, 1_000, 1_000]);
  for (let second = 0; second < 30; second++) {
    for (const writer of writers) writer!.took(own(writer), nowMs());
    await move(1_000);
  }
  for (const writer of writers) expect(own(writer)).toBeCloseTo(1_000 / 3, -2);
});

test('one that comes later knows of those who write already', async () => {
  const { begin, move, nowMs, own } = aWorld();
  const first = await begin('one');
  first!.took(5_000, nowMs());
  await move(1_000);
  const second = await begin('other');
  await move(0);
  expect(own(second)).toBe(500);
});

test('what else is on the topic, and what it has told itself, is nobody else', async () => {
  const { begin, bus, messages, move, nowMs, own } = aWorld();
  const publisher = await bus.publisher(topics.progress);
  const shared = await begin('one');
  for (const payload of ['no JSON', 'null', '{"held": {"table": "shop.orders"}}', '{"use": 3}'])
    await publisher.publish({ payload: Buffer.from(payload) });
  shared!.took(1_000, nowMs());
  await move(1_000);
  expect(messages(topics.progress)).toHaveLength(5);
  expect(own(shared)).toBe(1_000);
});

test('a bus that fails for a while is listened to again', async () => {
  const { begin, bus, move, nowMs, own } = aWorld();
  let failures = 0;
  const failing = async (...reading: Parameters<typeof bus.reader>) => {
    if (++failures < 3) throw new Error('no broker');
    return bus.reader(...reading);
  };
  const late = await begin('late', 'copy', { bus: { ...bus, reader: failing } });
  const early = await begin('early');
  for (let second = 0; second < 12; second++) {
    early!.took(100, nowMs());
    await move(1_000);
  }
  expect(failures).toBe(3);
  expect(own(late)).toBeLessThan(1_000);
});

test('a target that is a Cassandra has nothing to share, and nothing is said', async () => {
  const { begin, messages, move } = aWorld('cassandra');
  expect(await begin('one')).toBeUndefined();
  await move(10_000);
  expect(messages(topics.progress)).toEqual([]);
});
