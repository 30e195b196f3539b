import { describe, expect, test } from 'vitest';
import type { DeadLetter } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { Table } from '../../src/model/table.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import type { CopyParts } from '../../src/snapshot/copy-parts.ts';
import { copySplit } from '../../src/snapshot/copy-split.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow, packPage } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';

const start = 1_700_000_000_000_000n;
const hour = 3_600_000_000n;
const simple = aTable();
const wide = aTable({ clustering: { at: 'int' }, statics: { owner: 'text' }, regulars: { a: 'text', b: 'text' } });

describe('copySplit', () => {
  test('every row is written once, all at the floor of one reading', async () => {
    const rows = Array.from({ length: 20 }, (_, id) => ({ values: { id: int(id), name: text(`n${id}`) } }));
    const { copied, taken } = await copy(simple, rows);

    expect(copied).toMatchObject({ readRows: 20n, writtenRows: 20n, supersededRows: 0n, deadLetteredRows: 0n });
    expect(taken.map(idOf).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(new Set(taken.map(timestampOf))).toEqual(new Set([copied.floorMicros]));
    expect(copied.floorMicros).toBeGreaterThan(floorOf(start, keyspacesWindow));
    expect(copied.floorMicros).toBeLessThan(floorOf(start + hour, keyspacesWindow));
  });

  test('static values are written once a partition, and also where there is nothing else', async () => {
    const { copied, taken } = await copy(wide, [
      { values: { id: int(1), at: int(1), a: text('x'), owner: text('ann') } },
      { values: { id: int(1), at: int(2), a: text('y'), owner: text('ann') } },
      { values: { id: int(2), owner: text('bob') } },
      { values: { id: int(3), at: int(1), b: text('no owner') } },
    ]);

    expect(copied).toMatchObject({ readRows: 4n, writtenRows: 4n });
    expect(taken.filter((statement) => statement.cql.startsWith('UPDATE'))).toHaveLength(2);
    expect(taken.filter((statement) => statement.cql.startsWith('INSERT'))).toHaveLength(3);
  });

  test('what the target refuses becomes a dead letter and the rest is written', async () => {
    const rows = [1, 2, 3].map((id) => ({ values: { id: int(id), name: text('n') } }));
    const target = inMemoryTarget((statement) => {
      if (idOf(statement) === 2) throw refused('bad value');
    });
    const { copied, letters } = await copy(simple, rows, { target });

    expect(copied).toMatchObject({ readRows: 3n, writtenRows: 2n, deadLetteredRows: 1n });
    expect(letters).toMatchObject([{ table: 'things', partitionKey: '00000002', origin: 'things/0' }]);
    expect(letters[0]!.reason).toContain('bad value');
  });

  const ordered = aTable({ clustering: { at: 'int' }, regulars: { a: 'text' } });
  const inPartition = (id: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ values: { id: int(id), at: int(at), a: text('x') } }));

  test('neighbouring rows go in requests of up to thirty, each in the books', async () => {
    const target = inMemoryTarget();
    const rows = [...inPartition(1, 70), ...inPartition(2, 3)];
    const { copied, taken } = await copy(ordered, rows, { target, rowsAtOnce: 64, pageSizes: [50] });

    expect(copied).toMatchObject({ readRows: 73n, writtenRows: 73n });
    expect(new Set(taken.map(({ values }) => JSON.stringify(values.slice(0, 2)))).size).toBe(73);
    expect(target.requests.toSorted((a, b) => b - a)).toEqual([30, 23, 20]);
    expect(target.mostInFlight).toBeLessThanOrEqual(64);
  });

  test('of large rows fewer are on their way at once, so that memory is bounded whatever the rows', async () => {
    const target = inMemoryTarget();
    const large = Array.from({ length: 30 }, (_, id) => ({ values: { id: int(id), name: Buffer.alloc(120 * 1024) } }));
    const { copied } = await copy(simple, large, { target, rowsAtOnce: 20, pageSizes: [10] });

    expect(copied).toMatchObject({ readRows: 30n, writtenRows: 30n });
    // Each counts for four.
    expect(target.mostInFlight).toBe(5);
  });

  test('of rows that went together only the one that is refused becomes a dead letter', async () => {
    const target = inMemoryTarget(({ values }) => {
      if ((values[1] as Buffer).readInt32BE() === 2) throw refused('bad value');
    });
    const { copied, letters, taken } = await copy(ordered, inPartition(1, 5), { target, pageSizes: [5] });

    expect(copied).toMatchObject({ readRows: 5n, writtenRows: 4n, deadLetteredRows: 1n });
    expect(letters).toMatchObject([{ partitionKey: '00000001', clustering: ['00000002'] }]);
    expect(new Set(taken.map(({ values }) => (values[1] as Buffer).readInt32BE()))).toEqual(new Set([0, 1, 3, 4]));
  });

  test('a request of several rows without an answer is repeated row by row, at the same floor', async () => {
    let failures = 0;
    const target = inMemoryTarget(() => {
      if (++failures <= 3) throw timedOut();
    });
    const { copied, taken } = await copy(ordered, inPartition(1, 8), { target, pageSizes: [8] });

    expect(copied).toMatchObject({ readRows: 8n, writtenRows: 8n, deadLetteredRows: 0n });
    expect(target.requests).toEqual([8, ...Array(8).fill(1)]);
    expect(new Set(taken.map(timestampOf))).toEqual(new Set([copied.floorMicros]));
  });

  test('remaining times are not asked for where nothing is said to expire', async () => {
    const rows = inPartition(1, 5);
    const reader = inMemoryReader(rows, [5]);
    const asked: (readonly unknown[] | undefined)[] = [];
    const source = {
      readTimed: (read: Parameters<typeof reader.readTimed>[0]) => {
        asked.push(read.ttlColumns);
        return reader.readTimed(read);
      },
    };
    const target = inMemoryTarget();
    const { copied, taken } = await copy(ordered, rows, { source, target, expires: (name) => name !== ordered.name });
    expect(copied).toMatchObject({ readRows: 5n, writtenRows: 5n });
    expect(taken.map(ttlOf)).toEqual([0, 0, 0, 0, 0]);
    expect(target.requests).toEqual([5]);
    await copy(ordered, rows, { source, expires: () => true });
    expect(asked).toEqual([[], [ordered.columns.get('a')]]);
  });

  test('a row that expires goes on its own among those that do not', async () => {
    const target = inMemoryTarget();
    const rows = inPartition(1, 5).map((row, at) => (at === 2 ? { ...row, ttlSeconds: { a: 500 } } : row));
    const { copied, taken } = await copy(ordered, rows, { target, pageSizes: [5] });

    expect(copied).toMatchObject({ readRows: 5n, writtenRows: 5n });
    expect(target.requests).toEqual([2, 2]);
    expect(taken.map(ttlOf).toSorted((a, b) => b - a)).toEqual([500, 0, 0, 0, 0]);
  });

  test('a row above one megabyte becomes a dead letter, the static values that came with it do not', async () => {
    const { copied, letters, taken } = await copy(wide, [
      { values: { id: int(1), at: int(1), a: Buffer.alloc(1024 * 1024), owner: text('ann') } },
    ]);

    expect(copied).toMatchObject({ readRows: 1n, writtenRows: 0n, deadLetteredRows: 1n });
    expect(letters).toMatchObject([{ errorClass: 'OversizedRow', clustering: ['00000001'] }]);
    expect(taken.map((statement) => statement.cql.slice(0, 6))).toEqual(['UPDATE']);
  });

  test('keys above what the target takes become dead letters that say so, in and beside plain rows', async () => {
    const keyed = aTable({ partitionKey: { id: 'text', part: 'text' }, clustering: { at: 'text' } });
    const keyedRow = (part: number, at: number) => ({
      values: { id: text('i'), part: text('p'.repeat(part)), at: text('a'.repeat(at)) },
    });
    const rows = [keyedRow(2_047, 1), keyedRow(2_048, 1), keyedRow(1, 850), keyedRow(1, 851)];
    const { copied, letters, taken } = await copy(keyed, rows, { pageSizes: [4] });

    expect(copied).toMatchObject({ readRows: 4n, writtenRows: 2n, deadLetteredRows: 2n });
    expect(taken).toHaveLength(2);
    expect(letters).toMatchObject([
      { errorClass: 'OversizedRow', reason: '2049 bytes in the partition key; Keyspaces takes at most 2048' },
      { errorClass: 'OversizedRow', reason: '851 bytes in the clustering columns; Keyspaces takes at most 850' },
    ]);
    expect(letters[1]!.clustering).toEqual([text('a'.repeat(851)).toString('hex')]);
  });

  test('static values are as large as they are, whatever the clustering columns of the row that brings them', async () => {
    const named = aTable({ clustering: { at: 'text' }, statics: { owner: 'text' } });
    const rows = [{ values: { id: int(1), at: text('a'.repeat(851)), owner: text('ann') } }];
    const { copied, letters, taken } = await copy(named, rows);

    expect(copied).toMatchObject({ writtenRows: 0n, deadLetteredRows: 1n });
    expect(letters).toMatchObject([{ errorClass: 'OversizedRow' }]);
    expect(taken.map(({ cql }) => cql.slice(0, 6))).toEqual(['UPDATE']);
  });

  test('a target that is a Cassandra is sent rows and keys of any size', async () => {
    const keyed = aTable({ clustering: { at: 'text' }, regulars: { a: 'text' } });
    const rows = [
      { values: { id: int(1), at: text('a'.repeat(851)) } },
      { values: { id: int(2), at: text('a'), a: Buffer.alloc(1024 * 1024) } },
    ];
    const { copied, taken } = await copy(keyed, rows, { target: { ...inMemoryTarget(), limits: undefined } });

    expect(copied).toMatchObject({ writtenRows: 2n, deadLetteredRows: 0n });
    expect(taken).toHaveLength(2);
  });

  test('a row that expires while it waits is superseded, one that does not has less time left', async () => {
    const clock = aClock(start);
    const target = inMemoryTarget(() => {
      clock.now += 60n * 1_000_000n;
    });
    const row = (id: number, name: number) => ({
      values: { id: int(id), name: text('n') },
      ttlSeconds: { name },
    });
    const rows = [row(1, 1000), row(1, 30), row(1, 1000)];
    const { copied, taken } = await copy(simple, rows, { clock, target, rowsAtOnce: 1, pageSizes: [3] });

    expect(copied).toMatchObject({ readRows: 3n, writtenRows: 2n, supersededRows: 1n });
    expect(taken.map(ttlOf)).toEqual([1000, 940]);
  });

  test('what waits for the target to take it has so much less to live, row, statics and lists alike', async () => {
    const clock = aClock(start);
    let isAway = true;
    const target = inMemoryTarget(() => {
      if (!isAway) return;
      isAway = false;
      clock.now += 600n * 1_000_000n;
      throw timedOut();
    });
    const table = aTable({
      clustering: { at: 'int' },
      statics: { owner: 'text' },
      regulars: { a: 'text', b: 'text', tags: 'list<text>' },
    });
    const tags = Buffer.from('0000000100000001ff', 'hex');
    const rows = [
      { values: { id: int(1), at: int(1), a: text('x'), owner: text('ann') }, ttlSeconds: { a: 1000, owner: 1100 } },
      { values: { id: int(1), at: int(2), a: text('x'), tags }, ttlSeconds: { a: 1200 } },
      { values: { id: int(1), at: int(3), a: text('x'), b: text('y') }, ttlSeconds: { a: 300 } },
    ];
    const { copied, taken } = await copy(table, rows, { clock, target, pageSizes: [3], rowsAtOnce: 1 });

    expect(copied).toMatchObject({ readRows: 3n, writtenRows: 3n });
    expect(taken.map(liveTimeOf)).toEqual([500, 400, 0, 600, 0]);
  });

  test('a split that outlives its floor is read again with a new one', async () => {
    const clock = aClock(start);
    let writes = 0;
    const target = inMemoryTarget(() => {
      if (++writes === 2) clock.now += 44n * hour;
    });
    const rows = [1, 2, 3, 4].map((id) => ({ values: { id: int(id), name: text('n') } }));
    const { copied, taken } = await copy(simple, rows, { clock, target, rowsAtOnce: 1 });

    expect(copied).toMatchObject({ readRows: 4n, writtenRows: 4n });
    expect(taken.filter((statement) => timestampOf(statement) === copied.floorMicros)).toHaveLength(4);
    expect(copied.floorMicros).toBeGreaterThan(floorOf(start + 43n * hour, keyspacesWindow));
  });

  test('a refusal that comes of a spent floor is no dead letter', async () => {
    const clock = aClock(start);
    let writes = 0;
    const target = inMemoryTarget(() => {
      if (++writes > 1) return;
      clock.now += 49n * hour;
      throw refused('timestamp too old');
    });
    const { copied, letters } = await copy(simple, [{ values: { id: int(1) } }], { clock, target });

    expect(letters).toEqual([]);
    expect(copied).toMatchObject({ writtenRows: 1n });
  });

  test('a split that is always too slow ends with advice instead of turning round for ever', async () => {
    const clock = aClock(start);
    const target = inMemoryTarget(() => {
      clock.now += 48n * hour;
    });
    const rows = [1, 2, 3].map((id) => ({ values: { id: int(id) } }));

    await expect(copy(simple, rows, { clock, target, rowsAtOnce: 1 })).rejects.toThrow('raise the write capacity');
  });

  test('a list whose write timed out is written again above its first stamp, never at it', async () => {
    const lists = aTable({ regulars: { tags: 'list<text>' } });
    const stamps: bigint[] = [];
    const target = inMemoryTarget((statement) => {
      stamps.push(timestampOf(statement));
      if (stamps.length === 1) throw timedOut();
    });
    const tags = Buffer.from('0000000100000001ff', 'hex');
    const { copied } = await copy(lists, [{ values: { id: int(1), tags } }], { target });

    expect(stamps).toEqual([copied.floorMicros, copied.floorMicros + 2n]);
  });

  test('no more rows than allowed are on their way', async () => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ values: { id: int(id) } }));
    const target = inMemoryTarget();
    await copy(simple, rows, { target, rowsAtOnce: 4 });

    expect(target.mostInFlight).toBe(4);
  });

  test('a split far larger than planned ends at the end of a page; what is behind is its rest', async () => {
    const rows = Array.from({ length: 10 }, (_, at) => ({ values: { id: int(1), at: int(at), a: text('x') } }));
    const { copied, taken } = await copy(wide, rows, { mostBytes: 30, pageSizes: [4] });

    expect(copied).toMatchObject({ readRows: 4n, writtenRows: 4n });
    expect(taken).toHaveLength(4);
    expect(copied.rest).toMatchObject({
      id: expect.stringMatching(/^things\/0\+[0-9a-f]{12}$/),
      behind: { partitionKey: [int(1)], clustering: [int(3)] },
    });
  });

  test('a failure of the source ends the split with that failure', async () => {
    const failing = {
      ...inMemoryReader([]),
      readTimed: () => failAfter([{ values: { id: int(1) } }], new Error('source is gone')),
    };

    await expect(copy(simple, [], { source: failing })).rejects.toThrow('source is gone');
  });

  test('an aborted signal ends it with the reason', async () => {
    const stop = new AbortController();
    const target = inMemoryTarget(() => stop.abort(new Error('interrupted')));
    const rows = Array.from({ length: 50 }, (_, id) => ({ values: { id: int(id) } }));

    await expect(copy(simple, rows, { target, signal: stop.signal })).rejects.toThrow('interrupted');
  });

  test('tables with counters, and tables that were created again, are not copied', async () => {
    const counters = aTable({ isCounter: true, regulars: { n: 'counter' } });

    await expect(copy(counters, [])).rejects.toThrow('counters');
    await expect(copy(aTable({ id: 'ffff' }), [], { tableId: simple.id })).rejects.toThrow('created again');
  });
});

interface CopyOptions {
  readonly source?: CopyParts['source'];
  readonly target?: ReturnType<typeof inMemoryTarget>;
  readonly clock?: ReturnType<typeof aClock>;
  readonly rowsAtOnce?: number;
  readonly mostBytes?: number;
  readonly pageSizes?: readonly number[];
  readonly expires?: CopyParts['expires'];
  readonly tableId?: string;
  readonly signal?: AbortSignal;
}

async function copy(table: Table, rows: readonly MemoryRow[], options: CopyOptions = {}) {
  const { target = inMemoryTarget(), clock = aClock(start), pageSizes = [2, 0, 5] } = options;
  const letters: DeadLetter[] = [];
  const report = () => undefined;
  const parts: CopyParts = {
    source: options.source ?? inMemoryReader(rows, pageSizes),
    writer: createTargetWriter({ target, clock, report, maxInFlight: 1000 }),
    pace: { take: async () => {} },
    deadLetters: { add: async (letter) => void letters.push(letter) },
    clock,
    report,
    window: keyspacesWindow,
    keyspace: 'shop',
    worker: 'here',
    rowsAtOnce: options.rowsAtOnce ?? 8,
    mostBytes: options.mostBytes ?? Number.POSITIVE_INFINITY,
    ...(options.expires && { expires: options.expires }),
  };
  const range = { start: minToken, end: maxToken };
  const split = { id: `${table.name}/0`, table: table.name, tableId: options.tableId ?? table.id, range };
  const copied = await copySplit(split, table, parts, options.signal);
  return { copied, letters, taken: target.taken };
}

// Of the tables here: the partition key is an int; INSERT ends with timestamp and TTL, UPDATE begins with them.
function idOf({ values }: TargetStatement): number {
  return (values[0] as Buffer).readInt32BE();
}

function timestampOf({ cql, values }: TargetStatement): bigint {
  return (values.at(cql.startsWith('INSERT') ? -2 : 0) as Buffer).readBigInt64BE();
}

function ttlOf({ values }: TargetStatement): number {
  return (values.at(-1) as Buffer).readInt32BE();
}

function liveTimeOf(statement: TargetStatement): number {
  return statement.cql.startsWith('INSERT') ? ttlOf(statement) : (statement.values[1] as Buffer).readInt32BE();
}

async function* failAfter(rows: readonly MemoryRow[], error: Error) {
  yield packPage(rows.map(({ values }) => ({ values: [values.id!, null], ttlSeconds: [null], writeTimesMicros: [] })));
  throw error;
}
