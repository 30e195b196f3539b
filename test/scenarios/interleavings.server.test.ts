import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import type { PartitionRead } from '../../src/ports/table-reader.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { timedOut } from '../support/in-memory-target.ts';
import { beginSnapshot, type FollowedKeyspace, openFollowedKeyspace, startWorker } from './followed-keyspace.ts';

const ddl = [
  `CREATE TABLE KS.events (id int, at int, v text, w text, s set<int>, l list<int>, st text static, sl list<int> static,
     PRIMARY KEY (id, at)) WITH CLUSTERING ORDER BY (at DESC)`,
  'CREATE TABLE KS.things (id int PRIMARY KEY, v text, w text)',
];

describe('however changes and reads cross, the target ends as the source', () => {
  let followed: FollowedKeyspace;
  let nextId = 0;

  beforeAll(async () => {
    followed = await openFollowedKeyspace(inject('sandbox'), 'crossing', ddl);
  });
  afterAll(() => followed?.[Symbol.asyncDispose]());

  const tableOf = (name: string) => followed.two.tables.find((table) => table.name === name)!;
  const rowsOf = (id: number, table = 'events') => followed.shown(`SELECT * FROM KS.${table} WHERE id = ${id}`);
  const expectEqual = async (id: number, table?: string) => {
    const { source, target } = await rowsOf(id, table);
    expect(target).toEqual(source);
    return source;
  };

  test.each(['before', 'after'] as const)(
    'a range delete that arrives before the snapshot row it covers still wins (hand-over %s it)',
    async (handOver) => {
      const id = ++nextId;
      await followed.changes(
        ...[1, 2, 3].map((at) => `INSERT INTO KS.events (id, at, v, l) VALUES (${id}, ${at}, 'old', [1])`),
      );
      const worker = await startWorker(followed.two, { handOver });
      const snapshot = await beginSnapshot(followed.two, tableOf('events'));

      await worker.apply(...(await followed.changes(`DELETE FROM KS.events WHERE id = ${id} AND at >= 2`)));
      await snapshot.finish();
      await worker.goOverSlices();

      expect(await expectEqual(id)).toHaveLength(1);
    },
  );

  test('a row delete that is recopied while the snapshot holds the row still wins, also beside a range delete', async () => {
    const id = ++nextId;
    await followed.changes(`INSERT INTO KS.events (id, at, v) VALUES (${id}, 1, 'old')`);
    const worker = await startWorker(followed.two, { handOver: 'after' });
    const snapshot = await beginSnapshot(followed.two, tableOf('events'));

    await worker.apply(
      ...(await followed.changes(
        `BEGIN BATCH DELETE FROM KS.events WHERE id = ${id} AND at = 1; DELETE FROM KS.events WHERE id = ${id} AND at > 5; APPLY BATCH`,
      )),
    );
    await snapshot.finish();

    expect(await expectEqual(id)).toEqual([]);
  });

  test('a partition delete whose rows arrive later from another replica hides them', async () => {
    const id = ++nextId;
    const older = await followed.changes(
      `INSERT INTO KS.events (id, at, v) VALUES (${id}, 1, 'old')`,
      `UPDATE KS.events SET st = 'old', sl = [1] WHERE id = ${id}`,
    );
    const deleted = await followed.changes(`DELETE FROM KS.events WHERE id = ${id}`);
    const younger = await followed.changes(`INSERT INTO KS.events (id, at, v) VALUES (${id}, 2, 'young')`);
    const worker = await startWorker(followed.two);

    await worker.apply(...younger);
    await worker.apply(...deleted);
    const { books } = await worker.apply(...older);

    expect(books).toMatchObject({ received: 2, superseded: 2 });
    expect(await expectEqual(id)).toHaveLength(1);
  });

  test('a partition delete beside a new static value takes the static lists away', async () => {
    const id = ++nextId;
    const older = await followed.changes(`UPDATE KS.events SET sl = [1, 2] WHERE id = ${id}`);
    const deleted = await followed.changes(
      `BEGIN BATCH DELETE FROM KS.events USING TIMESTAMP ${Date.now() * 1000} WHERE id = ${id};
         UPDATE KS.events USING TIMESTAMP ${Date.now() * 1000 + 5} SET st = 'new' WHERE id = ${id}; APPLY BATCH`,
    );
    const worker = await startWorker(followed.two);

    await worker.apply(...older);
    await worker.apply(...deleted);

    await expectEqual(id);
  });

  test('the journal of a worker that is gone hides the rows that come to the next one', async () => {
    const id = ++nextId;
    const bus = inMemoryBus();
    const older = await followed.changes(`INSERT INTO KS.events (id, at, v) VALUES (${id}, 1, 'old')`);
    const deleted = await followed.changes(`DELETE FROM KS.events WHERE id = ${id} AND at < 7`);
    await (await startWorker(followed.two, { bus })).apply(...deleted);

    const { books } = await (await startWorker(followed.two, { bus })).apply(...older);

    expect(books.superseded).toBe(1);
    expect(await expectEqual(id)).toEqual([]);
  });

  test('two copies of a recopied change both cause a read', async () => {
    const id = ++nextId;
    let reads = 0;
    // A replica that had not yet got the write answers the first read.
    const source = {
      ...followed.two.source,
      readPartition(read: PartitionRead) {
        return ++reads === 1 ? noRows() : followed.two.source.readPartition(read);
      },
    };
    const change = await followed.changes(`INSERT INTO KS.events (id, at, v) VALUES (${id}, 1, 'late')`);
    const worker = await startWorker(followed.two, { handOver: 'after', source });

    await worker.apply(...change);
    expect((await rowsOf(id)).target).toEqual([]);
    const { books } = await worker.apply(...change);

    expect(books).toMatchObject({ recopied: 1, duplicates: 0 });
    expect(await expectEqual(id)).toHaveLength(1);
  });

  test('a copy of an applied change is dropped', async () => {
    const id = ++nextId;
    const change = await followed.changes(`INSERT INTO KS.events (id, at, v) VALUES (${id}, 1, 'once')`);
    const worker = await startWorker(followed.two);

    const first = await worker.apply(...change, ...change);
    const second = await worker.apply(...change);

    expect(first.books).toMatchObject({ applied: 1, duplicates: 1 });
    expect(second.books).toMatchObject({ applied: 0, duplicates: 1 });
  });

  test.each(['events', 'things'])(
    'a cell delete that empties a row of %s without a marker removes the row',
    async (table) => {
      const id = ++nextId;
      const where = table === 'events' ? `id = ${id} AND at = 1` : `id = ${id}`;
      await followed.changes(`UPDATE KS.${table} SET v = 'only' WHERE ${where}`);
      await (await beginSnapshot(followed.two, tableOf(table))).finish();
      expect((await rowsOf(id, table)).target).toHaveLength(1);
      const worker = await startWorker(followed.two);

      await worker.apply(...(await followed.changes(`DELETE v FROM KS.${table} WHERE ${where}`)));

      expect(await expectEqual(id, table)).toEqual([]);
    },
  );

  test('a row of one key is deleted by one write, without a look at the target and without a journal', async () => {
    const id = ++nextId;
    const bus = inMemoryBus();
    const older = await followed.changes(`INSERT INTO KS.things (id, v) VALUES (${id}, 'old')`);
    const deleted = await followed.changes(`DELETE FROM KS.things WHERE id = ${id}`);
    const worker = await startWorker(followed.two, { bus });

    await worker.apply(...deleted);
    await worker.apply(...older);

    expect(bus.messages('slices-0').filter(({ properties }) => properties.kind !== 'taken')).toEqual([]);
    expect(await expectEqual(id, 'things')).toEqual([]);
  });

  test('a list that is appended, overwritten and deleted ends as on the source, whatever the order', async () => {
    for (const order of permutationsOf([0, 1, 2, 3])) {
      const id = ++nextId;
      const changes: (readonly PartitionUpdate[])[] = [];
      for (const what of [
        'UPDATE KS.events SET l = l + [1], v = 1 ',
        'UPDATE KS.events SET l = [7, 8]',
        'DELETE FROM KS.events',
        'UPDATE KS.events SET l = l + [9]',
      ])
        changes.push(await followed.changes(`${what.replace('v = 1', "v = '1'")} WHERE id = ${id} AND at = 1`));
      const worker = await startWorker(followed.two);

      for (const index of order) await worker.apply(...changes[index]!, ...changes[index]!);

      expect(await expectEqual(id)).toHaveLength(1);
    }
  });

  test('a list that an event of the future touched is not doubled by the next worker', async () => {
    const id = ++nextId;
    const ahead = Date.now() * 1000 + 120_000_000;
    const change = await followed.changes(
      `UPDATE KS.events USING TIMESTAMP ${ahead} SET l = [1, 2] WHERE id = ${id} AND at = 1`,
    );

    const bus = inMemoryBus();
    await (await startWorker(followed.two, { bus })).apply(...change);
    await (await startWorker(followed.two, { bus })).apply(...change);

    await expectEqual(id);
  });

  test('a list is not doubled when the confirmation of its recopy is lost', async () => {
    const id = ++nextId;
    const change = await followed.changes(`INSERT INTO KS.events (id, at, v, l) VALUES (${id}, 1, 'x', [1, 2])`);
    const target = losingConfirmations(followed.two.target, 2);
    const worker = await startWorker(followed.two, { handOver: 'after', target });

    await worker.apply(...change);

    await expectEqual(id);
  });

  test('a row that an old range delete took away takes its list with it', async () => {
    const id = ++nextId;
    const inserted = await followed.changes(`INSERT INTO KS.events (id, at, l) VALUES (${id}, 1, [1, 2])`);
    await (await startWorker(followed.two, { handOver: 'after' })).apply(...inserted);
    const deleted = await followed.changes(`DELETE FROM KS.events WHERE id = ${id} AND at > 0`);

    await (await startWorker(followed.two, { handOver: 'after' })).apply(...deleted);

    expect(await expectEqual(id)).toEqual([]);
  });

  test('an expired cell does not come back', async () => {
    const id = ++nextId;
    const changes = await followed.changes(
      `INSERT INTO KS.events (id, at, v, w) VALUES (${id}, 1, 'old', 'stays')`,
      `UPDATE KS.events USING TTL 1 SET v = 'short' WHERE id = ${id} AND at = 1`,
      `INSERT INTO KS.events (id, at, v) VALUES (${id}, 2, 'gone') USING TTL 1`,
    );
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const worker = await startWorker(followed.two);

    for (const change of [...changes].reverse()) await worker.apply(change);
    await new Promise((resolve) => setTimeout(resolve, 2_100));

    expect(await expectEqual(id)).toHaveLength(1);
  });

  test('a worker that wakes after its partition moved changes nothing', async () => {
    const id = ++nextId;
    const bus = inMemoryBus();
    const changes = await followed.changes(
      `INSERT INTO KS.events (id, at, v, l) VALUES (${id}, 1, 'first', [1])`,
      `INSERT INTO KS.events (id, at, v, w) VALUES (${id}, 2, 'first', 'first')`,
      `UPDATE KS.events SET v = 'second' WHERE id = ${id} AND at = 2`,
      `DELETE w FROM KS.events WHERE id = ${id} AND at = 2`,
    );
    const frozen = frozenTarget(followed.two.target);
    const sleeper = await startWorker(followed.two, { bus, target: frozen.target });
    const asleep = sleeper.apply(...changes.slice(0, 2));

    const next = await startWorker(followed.two, { bus });
    for (const change of changes) await next.apply(change);
    const deleted = await followed.changes(`DELETE FROM KS.events WHERE id = ${id} AND at <= 1`);
    await next.apply(...deleted);
    const before = await expectEqual(id);
    frozen.wake();
    await asleep;
    await next.goOverSlices();

    expect(before).toHaveLength(1);
    expect(await expectEqual(id)).toEqual(before);
  });
});

async function* noRows(): AsyncIterable<readonly never[]> {}

/** Its first answers to INSERTs get lost after the write was done. */
function losingConfirmations(target: TargetKeyspace, count: number): TargetKeyspace {
  let left = count;
  return {
    ...target,
    async write(...write) {
      await target.write(...write);
      if (write[0].cql.startsWith('INSERT') && left-- > 0) throw timedOut();
    },
  };
}

/** Takes writes only when it is woken. */
function frozenTarget(target: TargetKeyspace): { readonly target: TargetKeyspace; wake(): void } {
  let wake = () => {};
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return {
    wake: () => wake(),
    target: {
      ...target,
      async write(...write) {
        await awake;
        await target.write(...write);
      },
    },
  };
}

function permutationsOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length === 0) return [[]];
  return all.flatMap((first) => permutationsOf(all.filter((other) => other !== first)).map((rest) => [first, ...rest]));
}
