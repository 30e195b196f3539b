import { expect, test } from 'vitest';
import type { ProgressEvent } from '../../src/events.ts';
import { topics } from '../../src/model/topics.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { readHolds, readPauses, tellHolds } from '../../src/phases/tell-holds.ts';
import { readProgress } from '../../src/stream/read-progress.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const held = (table: string, writesPerSecond: number, unitsPerSecond: number | undefined = 4_000): ProgressEvent => ({
  kind: 'throttled',
  by: 'target',
  table,
  inFlight: 8,
  writesPerSecond,
  unitsPerSecond,
});

async function aWorld() {
  const clock = aClock();
  const nowMs = () => Number(clock.nowMicros() / 1000n);
  const { bus, messages } = inMemoryBus(nowMs);
  const shown: ProgressEvent[] = [];
  const tellerOf = (workerName: string) => {
    const report = (event: ProgressEvent) => void shown.push(event);
    return tellHolds({ bus, clock, report, workerName } as unknown as WorkerContext);
  };
  const told = () => messages(topics.progress).length;
  return {
    bus,
    clock,
    shown,
    tellerOf,
    told,
    holds: () => readHolds(bus, nowMs()),
    pauses: () => readPauses(bus, nowMs()),
  };
}

test('what several workers are held by is told for each table, their writes added up', async () => {
  const { tellerOf, holds } = await aWorld();
  const [one, other] = [await tellerOf('one'), await tellerOf('other')];
  one.report(held('shop.orders', 1_500));
  other.report(held('shop.orders', 2_400));
  other.report({ ...held('shop.carts', 12), unitsPerSecond: undefined } as ProgressEvent);
  expect(await holds()).toEqual([
    { by: 'target', table: 'shop.carts', writesPerSecond: 12, unitsPerSecond: undefined },
    { by: 'target', table: 'shop.orders', writesPerSecond: 3_900, unitsPerSecond: 4_000 },
  ]);
});

test('every event is shown, holds only are published, and of one worker the newest counts', async () => {
  const { tellerOf, told, shown, holds } = await aWorld();
  const { report } = await tellerOf('one');
  for (const rate of [1, 2, 3]) report(held('shop.orders', rate));
  report({ kind: 'warning', text: 'something else' });
  expect(shown).toHaveLength(4);
  expect(told()).toBe(3);
  expect(await holds()).toMatchObject([{ writesPerSecond: 3 }]);
});

test('a hold of ten seconds ago is over', async () => {
  const { tellerOf, clock, holds } = await aWorld();
  const { report } = await tellerOf('one');
  report(held('shop.orders', 1));
  expect(await holds()).toHaveLength(1);
  await clock.sleep(10_001);
  expect(await holds()).toEqual([]);
});

test('the progress of the stream, on the same topic, is not mistaken for one, nor the other way round', async () => {
  const { tellerOf, bus, clock, holds } = await aWorld();
  const publisher = await bus.publisher(topics.progress);
  await publisher.publish({
    payload: Buffer.from('{"partition": 0, "worker": "one", "drained": [], "watermarks": {}}'),
  });
  await publisher.publish({ payload: Buffer.from('no JSON') });
  const { report } = await tellerOf('one');
  report(held('shop.orders', 1));
  expect(await holds()).toHaveLength(1);
  const question = { bus, partitionCount: 0, nodes: [], nowMicros: clock.nowMicros() };
  expect([...(await readProgress(question)).partitions.keys()]).toEqual([0]);
});

test('why workers do not read is told for a minute, the newest reason of each', async () => {
  const { tellerOf, clock, pauses, holds } = await aWorld();
  const [one, other] = [await tellerOf('one'), await tellerOf('other')];
  one.report({ kind: 'waiting', reason: 'held by: the source, one thing' });
  one.report({ kind: 'waiting', reason: 'held by: the source, another' });
  other.report({ kind: 'waiting', reason: 'held by: the operator' });
  other.report({ kind: 'waiting', reason: 'the drain mark has not passed' });
  expect(await pauses()).toEqual([
    { worker: 'one', reason: 'held by: the source, another' },
    { worker: 'other', reason: 'held by: the operator' },
  ]);
  expect(await holds()).toEqual([]);
  await clock.sleep(66_000);
  expect(await pauses()).toEqual([]);
});
