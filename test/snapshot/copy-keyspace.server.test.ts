import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { DeadLetter } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { CopiedSplit } from '../../src/model/split.ts';
import { topics } from '../../src/model/topics.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { copySplit } from '../../src/snapshot/copy-split.ts';
import { type CopyQueue, copySplits } from '../../src/snapshot/copy-splits.ts';
import { planSplits } from '../../src/snapshot/plan-splits.ts';
import { publishSplits } from '../../src/snapshot/publish-splits.ts';
import { splitMessage } from '../../src/snapshot/split-message.ts';
import { compareTables } from '../../src/validation/compare-tables.ts';
import { isEqualReport } from '../../src/validation/report.ts';
import { inMemoryQueue } from '../support/in-memory-queue.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../support/two-keyspaces.ts';

const clock = systemClock();
const ddl = [
  'CREATE TYPE KS.address (street text, number int)',
  'CREATE TABLE KS.simple (id int PRIMARY KEY, name text, n bigint)',
  `CREATE TABLE KS.composite (a int, b text, c timestamp, d uuid, v text, PRIMARY KEY ((a, b), c, d))
     WITH CLUSTERING ORDER BY (c DESC, d ASC)`,
  'CREATE TABLE KS.statics (id int, at int, owner text static, tags set<text> static, v text, PRIMARY KEY (id, at))',
  `CREATE TABLE KS.rich (id uuid PRIMARY KEY, l list<int>, s set<text>, m map<text, int>, fl frozen<list<text>>,
     fixed frozen<address>, home address, t tuple<int, text>, price decimal)`,
  'CREATE TABLE KS.expiring (id int, at int, a text, b text, PRIMARY KEY (id, at)) WITH default_time_to_live = 5000',
];

const inserts = [
  ...numbers(600).map((id) => `INSERT INTO KS.simple (id, name, n) VALUES (${id}, 'name ${id}', ${id * 1_000_003})`),
  ...numbers(20).map((id) => `INSERT INTO KS.simple (id) VALUES (${1000 + id})`),
  "INSERT INTO KS.simple (id, name) VALUES (2000, '')",
  ...numbers(300).map(
    (n) => `INSERT INTO KS.composite (a, b, c, d, v) VALUES (${n % 7}, 'b${n % 3}', ${n * 1000}, ${uuid(n)}, 'v${n}')`,
  ),
  ...numbers(120).map((n) => `INSERT INTO KS.statics (id, at, v) VALUES (${n % 12}, ${n}, 'v${n}')`),
  ...numbers(8).map((id) => `UPDATE KS.statics SET owner = 'o${id}', tags = {'x', 'y${id}'} WHERE id = ${id}`),
  "UPDATE KS.statics SET owner = 'alone' WHERE id = 500",
  ...numbers(60).map(
    (n) => `INSERT INTO KS.rich (id, l, s, m, fl, fixed, home, t, price) VALUES (${uuid(n)}, [3, 1, ${n}], {'b', 'a'},
      {'k': ${n}}, ['x'], {street: 'High', number: null}, {street: 'Low', number: ${n}}, (1, null), 1.50)`,
  ),
  ...numbers(40).map((n) => `INSERT INTO KS.expiring (id, at, a, b) VALUES (${n % 5}, ${n}, 'default', 'default')`),
  "INSERT INTO KS.expiring (id, at, a, b) VALUES (7, 1, 'stays', 'stays') USING TTL 0",
];

describe('copying a keyspace', () => {
  let two: TwoKeyspaces;

  beforeAll(async () => {
    two = await openTwoKeyspaces(inject('sandbox'), 'copied', ddl);
    await inBatches(inserts, (cql) => two.onSource(cql));
    await two.onSource("UPDATE KS.expiring USING TTL 900 SET b = 'sooner' WHERE id = 7 AND at = 1");
  });
  afterAll(() => two?.[Symbol.asyncDispose]());

  test('a loop that is killed in the middle of its split loses no row: the split is copied again', async () => {
    const copying = await startCopying(two);
    const kill = new AbortController();
    let writes = 0;
    const dying: WrittenTarget = {
      writeCapacity: two.target.writeCapacity,
      write(...write) {
        if (++writes === 150) kill.abort(new Error('killed'));
        return two.target.write(...write);
      },
      writeRows(...insert) {
        if (++writes === 150) kill.abort(new Error('killed'));
        return two.target.writeRows(...insert);
      },
    };

    await expect(copying.run({ target: dying, signal: kill.signal })).rejects.toThrow('killed');
    const doneBefore = copying.recorded.size;
    await copying.run({});

    expect(doneBefore).toBeLessThan(copying.splits.length);
    expect(copying.queue.released).toBeGreaterThan(0);
    expect([...copying.recorded.keys()].sort()).toEqual(copying.splits.map((split) => split.id).sort());
    expect(copying.letters).toEqual([]);
  });

  test('after it both sides are equal in every table, every row is in the books', async () => {
    const copying = await startCopying(two);
    await copying.run({});

    const report = await validate(two);

    expect(report.differences).toEqual([]);
    expect(isEqualReport(report)).toBe(true);
    const rows = Object.fromEntries(report.tables.map((table) => [table.table, table.sourceRows]));
    expect(rows).toEqual({ composite: 300n, expiring: 41n, rich: 60n, simple: 621n, statics: 120n });
    const written = [...copying.recorded.values()].reduce((sum, copied) => sum + copied.writtenRows, 0n);
    // A partition of static values only is a row that is read, but none that is compared as a row.
    expect(written).toBe(300n + 41n + 60n + 621n + 120n + 1n);
  });

  test('splits that hold far more than planned are cut, within partitions too; each row is read once', async () => {
    for (const { name } of two.tables) await two.onTarget(`TRUNCATE KS.${name}`);
    const copying = await startCopying(two, { mostBytes: 100, pageSize: 3 });
    await copying.run({});

    const copied = [...copying.recorded.values()];
    const cutInside = copied.filter(({ rest }) => rest?.behind?.clustering !== undefined);
    expect(cutInside.length).toBeGreaterThan(50);
    expect(copied.reduce((sum, { readRows }) => sum + readRows, 0n)).toBe(300n + 41n + 60n + 621n + 120n + 1n);
    expect((await validate(two)).differences).toEqual([]);
  });

  test('remaining times come over, and a value that never expires does not take the default of the table', async () => {
    const ask = 'SELECT at, ttl(a), ttl(b) FROM KS.expiring WHERE id = 7';
    const target = (await two.onTarget(ask)).rows[0]!;
    const other = (await two.onTarget('SELECT at, ttl(a), ttl(b) FROM KS.expiring WHERE id = 1')).rows[0]!;

    expect(target[1]).toBeNull();
    expect(target[2]!.readInt32BE()).toBeGreaterThan(700);
    expect(target[2]!.readInt32BE()).toBeLessThanOrEqual(900);
    expect(other[1]!.readInt32BE()).toBeGreaterThan(4000);
    expect(other[1]!.readInt32BE()).toBeLessThanOrEqual(5000);
  });

  test('all cells of the copy carry their split’s floor, far behind now', async () => {
    const rows = (await two.onTarget('SELECT writetime(name) FROM KS.simple LIMIT 50')).rows;
    const ages = rows.flatMap(([at]) => (at ? [Date.now() * 1000 - Number(at.readBigInt64BE())] : []));

    expect(Math.min(...ages)).toBeGreaterThan(43.9 * 3.6e9);
    expect(Math.max(...ages)).toBeLessThan(44.5 * 3.6e9);
  });

  test.each([
    {
      what: 'a cell that was changed',
      cql: "UPDATE KS.simple SET name = 'damaged' WHERE id = 5",
      found: ['simple mismatch name'],
    },
    { what: 'a cell that was deleted', cql: 'DELETE n FROM KS.simple WHERE id = 6', found: ['simple mismatch n'] },
    {
      what: 'a row that was deleted',
      cql: 'DELETE FROM KS.statics WHERE id = 3 AND at = 15',
      found: ['statics missing'],
    },
    {
      what: 'a row of the target alone',
      cql: "INSERT INTO KS.statics (id, at, v) VALUES (3, 9999, 'x')",
      found: ['statics extra'],
    },
    {
      what: 'a static value',
      cql: "UPDATE KS.statics SET owner = 'damaged' WHERE id = 4",
      found: ['statics static mismatch owner'],
    },
    {
      what: 'an element of a collection',
      cql: `UPDATE KS.rich SET l = l + [9], s = s - {'a'}, home.number = -1 WHERE id = ${uuid(1)}`,
      found: ['rich mismatch home,l,s'],
    },
    {
      what: 'a partition that was deleted',
      cql: "DELETE FROM KS.composite WHERE a = 0 AND b = 'b0'",
      found: numbers(300)
        .filter((n) => n % 21 === 0)
        .map(() => 'composite missing'),
    },
  ])('validation finds $what, and nothing else', async ({ cql, found }) => {
    const before = await validate(two);
    await two.onTarget(cql);

    const report = await validate(two);

    const known = new Set(before.differences.map(describeDifference));
    const added = report.differences.filter((difference) => !known.has(describeDifference(difference)));
    expect(added.map(shortly)).toEqual(found);
    expect(isEqualReport(report)).toBe(false);
  });
});

type Difference = Awaited<ReturnType<typeof validate>>['differences'][number];

function shortly({ table, kind, columns, key }: Difference): string {
  const isStatic = table === 'statics' && key.clustering.length === 0;
  return [
    table,
    ...(isStatic ? ['static'] : []),
    kind,
    ...(columns.length > 0 ? [[...columns].sort().join()] : []),
  ].join(' ');
}

function describeDifference(difference: Difference): string {
  const hex = [...difference.key.partitionKey, ...difference.key.clustering].map((value) => value.toString('hex'));
  return `${shortly(difference)} ${hex.join('/')}`;
}

type WrittenTarget = Pick<TargetKeyspace, 'write' | 'writeRows' | 'writeCapacity'>;

interface Sizes {
  readonly mostBytes: number;
  readonly pageSize: number;
}

const usual: Sizes = { mostBytes: Number.POSITIVE_INFINITY, pageSize: 20 };

async function startCopying(two: TwoKeyspaces, { mostBytes, pageSize }: Sizes = usual) {
  const nodes = await two.source.nodes();
  const sized = two.tables.map((table) => ({ table, estimate: { partitions: 100, meanPartitionBytes: 100 } }));
  const splits = planSplits(
    sized,
    nodes.flatMap((node) => node.tokens),
  );
  const queue = inMemoryQueue();
  await publishSplits({ bus: queue, splits, isCopied: () => false });
  const recorded = new Map<string, CopiedSplit>();
  const planned = new Set(splits.map(({ id }) => id));
  const publisher = await queue.publisher(topics.splits);
  const letters: DeadLetter[] = [];

  async function run(parts: { readonly target?: WrittenTarget; readonly signal?: AbortSignal }) {
    const { target = two.target, signal } = parts;
    const enough = new AbortController();
    const report = () => undefined;
    const copyParts = {
      source: two.source,
      writer: createTargetWriter({ target, clock, report, maxInFlight: 64 }),
      pace: { take: async () => {} },
      deadLetters: { add: async (letter: DeadLetter) => void letters.push(letter) },
      clock,
      report,
      window: keyspacesWindow,
      keyspace: two.targetKeyspace,
      worker: 'test',
      rowsAtOnce: 16,
      mostBytes,
      pageSize,
    };
    const work: CopyQueue = {
      subscription: queue.subscribe(),
      splitsAtOnce: 2,
      isDone: async ({ id }) => recorded.has(id),
      restOf: (id) => recorded.get(id)?.rest,
      publish: async (rest) => void (await publisher.publish(splitMessage(rest))),
      copy: (split, stop) => copySplit(split, two.tables.find((table) => table.name === split.table)!, copyParts, stop),
      record: async (copied) => {
        recorded.set(copied.split.id, copied);
        if (copied.rest) planned.add(copied.rest.id);
        if (recorded.size === planned.size) enough.abort();
      },
      enough: enough.signal,
      ...(signal && { signal }),
    };
    await copySplits(work);
  }

  return { splits, queue, recorded, letters, run };
}

/** Settled as if every change had been applied long ago: the copy is all there is. */
function validate(two: TwoKeyspaces) {
  return compareTables({
    sides: { source: two.source, target: two.target },
    tables: two.tables.map((table) => ({ table, splits: 5 })),
    withCounters: false,
    clock,
    report: () => undefined,
    streamTime: () => clock.nowMicros() + 3_600_000_000n,
    patienceMs: 30_000,
    // A machine that is short of CPU makes a write wait for many seconds.
    expiryTolerance: 30,
    splitsAtOnce: 3,
    pageSize: 37,
  });
}

async function inBatches(statements: readonly string[], run: (cql: string) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < statements.length; at += 64) await Promise.all(statements.slice(at, at + 64).map(run));
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
