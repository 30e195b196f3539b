import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { topics } from '../../src/model/topics.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { watchRing, whileWatchingRing } from '../../src/phases/watch-ring.ts';
import type { SourceNode } from '../../src/ports/source-cluster.ts';
import { openLedger } from '../../src/state/ledger.ts';
import { aNode } from '../deploy/a-node.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const nodes = [aNode('h1', '10.0.0.1'), aNode('h2', '10.0.0.2')];
const joined = aNode('h3', '10.0.0.3');

describe('the watch of the ring', () => {
  test('says nothing while every host’s agent speaks', async () => {
    const { looks, said } = await aWatch();
    await looks(3);
    expect(said).toEqual([]);
  });

  test('says once that a host joined without an agent, and puts every table in doubt', async () => {
    const { looks, said, ring, context } = await aWatch();
    await looks(1);
    ring.push(joined);
    await looks(3);
    expect(said).toMatchObject([{ kind: 'ring-alarm', node: 'h3', isOver: false }]);
    const { openSlices } = await context.ledger.refresh();
    expect([...openSlices.values()]).toMatchObject([{ table: 'orders', reason: 'no agent on 10.0.0.3 (h3)' }]);
  });

  test('notices a silent agent within a minute, and says it when it is heard again', async () => {
    const { looks, said, silence, clock } = await aWatch();
    await looks(1);
    const silentFrom = clock.now;
    silence.add('h2');
    for (let look = 0; said.length === 0 && look < 10; look++) await looks(1);
    expect(Number(clock.now - silentFrom) / 1e6).toBeLessThanOrEqual(60);
    expect(said).toMatchObject([{ kind: 'ring-alarm', node: 'h2', isOver: false }]);
    silence.clear();
    await looks(1);
    expect(said.at(-1)).toMatchObject({ node: 'h2', isOver: true });
  });

  test('says what stands again after five minutes', async () => {
    const { looks, said, ring } = await aWatch();
    ring.push(joined);
    await looks(19);
    expect(said).toHaveLength(1);
    await looks(3);
    expect(said).toHaveLength(2);
  });

  test('goes on looking after a source that was away', async () => {
    const { looks, said, ring, fail } = await aWatch();
    fail(new OperatorError({ expected: 'an answer', found: 'none', next: 'wait' }));
    await looks(1);
    expect(said).toMatchObject([{ kind: 'waiting', reason: expect.stringContaining('found none') }]);
    fail(undefined);
    ring.push(joined);
    await looks(1);
    expect(said.at(-1)).toMatchObject({ kind: 'ring-alarm', node: 'h3' });
  });
});

describe('work beside the watch', () => {
  test('ends the watch with its result', async () => {
    const { context } = await aWatch();
    await expect(whileWatchingRing(context, async () => 42)).resolves.toBe(42);
  });

  test('fails with its own error', async () => {
    const { context } = await aWatch();
    await expect(whileWatchingRing(context, () => Promise.reject(new Error('of the work')))).rejects.toThrow(
      'of the work',
    );
  });

  test('is stopped by a bug of the watch, which is not hidden', async () => {
    const { context, fail } = await aWatch();
    fail(new TypeError('a bug'));
    const work = (watched: WorkerContext) =>
      new Promise<void>((_, reject) => {
        watched.signal.addEventListener('abort', () => reject(watched.signal.reason));
      });
    await expect(whileWatchingRing(context, work)).rejects.toThrow('a bug');
  });
});

/** A watch that a test lets look so many times, and the world it looks at. */
async function aWatch() {
  const clock = aClock(BigInt(Date.now()) * 1000n);
  const { bus } = inMemoryBus(() => Number(clock.now / 1000n));
  const ledger = await openLedger({ bus, clock, by: 'test' });
  await ledger.append({
    kind: 'handed-over',
    record: {
      instantMicros: clock.now,
      nodes,
      changesPartitions: 1,
      tables: [{ name: 'orders', id: 'a' }],
      recopiedTables: [],
      schema: { tables: [], columns: [], types: [] } as never,
    },
  });
  const ring: SourceNode[] = [...nodes];
  const silence = new Set<string>();
  const said: ProgressEvent[] = [];
  let fault: Error | undefined;
  const speak = async () => {
    const publisher = await bus.publisher(topics.schema);
    for (const { hostId: node } of nodes.filter(({ hostId }) => !silence.has(hostId)))
      await publisher.publish(
        encodeChangeEvent({ kind: 'watermark', node, instantMicros: clock.now, unbrokenSinceMicros: 1n }),
      );
  };
  const source = {
    async nodes() {
      if (fault) throw fault;
      return ring;
    },
  };
  const context = {
    ...{ bus, ledger, clock, source },
    report: (event: ProgressEvent) => void said.push(event),
    signal: new AbortController().signal,
  } as unknown as WorkerContext;
  let watch: { next(): Promise<unknown> } | undefined;
  return {
    ...{ context, clock, ring, silence, said },
    fail: (error: Error | undefined) => {
      fault = error;
    },
    /** Each begins with what the agents say and ends when the watch sleeps. */
    async looks(count: number) {
      watch ??= steps(context);
      for (let look = 0; look < count; look++) {
        await speak();
        await watch.next();
      }
    },
  };
}

/** Runs the watch from one sleep to the next. */
async function* steps(context: WorkerContext): AsyncGenerator<void> {
  let wake = () => {};
  let asleep = Promise.withResolvers<void>();
  const clock = {
    nowMicros: () => context.clock.nowMicros(),
    async sleep(ms: number) {
      asleep.resolve();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      await context.clock.sleep(ms);
    },
  };
  void watchRing({ ...context, clock });
  for (;;) {
    await asleep.promise;
    yield;
    asleep = Promise.withResolvers();
    wake();
  }
}
