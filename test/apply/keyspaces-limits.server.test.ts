import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { DeadLetter } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { keyColumns, regularColumns, type Table } from '../../src/model/table.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { applyBatch } from '../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../src/stream/copies.ts';
import { PartitionsUnderWay } from '../../src/stream/partitions-under-way.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aRehearsedKeyspace, type RehearsedKeyspace } from '../adapters/keyspaces/a-rehearsed-keyspace.ts';
import { int, text } from '../support/a-table.ts';
import { aCell, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';

const keyspace = `limits_${process.pid}`;
const names = Array.from({ length: 400 }, (_, index) => `c${index}`);
const clock = systemClock();
let rehearsed: RehearsedKeyspace;
let target: TargetKeyspace;
let table: Table;

beforeAll(async () => {
  const columns = [
    ['id', 'text'],
    ['at', 'text'],
    ...names.map((name) => [name, 'int']),
    ['n', 'varint'],
    ['b', 'blob'],
  ];
  const clustering = [{ name: 'at', isReversed: false }];
  const defined = columns.map(([name, type]) => ({ name: name!, type: type! }));
  rehearsed = await aRehearsedKeyspace(keyspace, { name: 'wide', columns: defined, clustering });
  target = rehearsed.target;
  table = tablesOf(await target.schema())[0]!;
});

afterAll(() => rehearsed?.close());

async function apply(...updates: readonly PartitionUpdate[]) {
  const letters: DeadLetter[] = [];
  const nowMicros = clock.nowMicros();
  const context = {
    isMigrated: () => true,
    isRecopied: () => false,
    copies: new RecentUpdates(1).ofBatch(),
    handOverMicros: nowMicros - 3_600_000_000n,
    nowMicros,
    window: keyspacesWindow,
  };
  const { books } = await applyBatch(
    updates.map((update) => ({ update, event: undefined })),
    context,
    {
      source: inMemoryReader([]),
      target,
      writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 16 }),
      clock,
      window: keyspacesWindow,
      keyspace,
      keeper: await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0),
      underWay: new PartitionsUnderWay(),
      deadLetters: { add: async (letter) => void letters.push(letter) },
      parkIfPaused: async () => false,
      targetSkewMicros: 0n,
    },
  );
  return { books, letters };
}

/** A row with a marker and these cells, written a minute ago. */
function aWrite(id: string, at: string, cells: Readonly<Record<string, Buffer>>): PartitionUpdate {
  const timestampMicros = clock.nowMicros() - 60_000_000n;
  const values = Object.entries(cells).map(([name, value]) => aCell(table, name, value, timestampMicros));
  const row = aRow({ clustering: [text(at)], marker: { timestampMicros }, cells: values });
  return { table, partitionKey: text(id), rangeDeletions: [], rows: [row] };
}

async function onTarget(id: string): Promise<readonly (Buffer | null)[] | undefined> {
  const columns = [...keyColumns(table), ...regularColumns(table)];
  for await (const page of target.readPartition({ table, columns, partitionKey: [text(id)] }))
    for (const { values } of page) return values;
  return undefined;
}

test('a row of 400 columns is written in as many writes as it takes', async () => {
  const cells = Object.fromEntries(names.map((name, index) => [name, int(index)]));
  const { books, letters } = await apply(aWrite('whole', 'x', cells));
  expect(letters).toEqual([]);
  expect(books).toMatchObject({ received: 1, applied: 1 });
  expect((await onTarget('whole'))!.filter((value) => value !== null)).toHaveLength(402);
});

const refused = 'RefusedWriteError';
const oversized = 'OversizedRow';
type Poison = readonly [what: string, update: () => PartitionUpdate, reason: RegExp, errorClass: string];
const poison: readonly Poison[] = [
  ['a row of more than 1 MB', () => aWrite('p', 'x', { b: Buffer.alloc(1_100_000) }), /row.*size/i, refused],
  ['a number of 39 digits', () => aWrite('p', 'x', { n: bytesOf(10n ** 38n) }), /38|precision|digits/i, refused],
  ['a partition key of 2049 bytes', () => aWrite('k'.repeat(2_049), 'x', {}), /^2049 .* partition key/, oversized],
  ['a clustering key of 851 bytes', () => aWrite('p', 'a'.repeat(851), {}), /^851 .* clustering/, oversized],
];

test.each(poison)(
  '%s is a dead letter that says why, and what comes with it is written',
  async (what, update, reason, errorClass) => {
    const poisoned = update();
    const { books, letters } = await apply(
      aWrite(what, 'x', { c1: int(1) }),
      poisoned,
      aWrite(what, 'y', { c2: int(2) }),
    );
    expect(books).toMatchObject({ received: 3, applied: 2, deadLettered: 1 });
    expect(letters).toMatchObject([
      {
        table: 'wide',
        partitionKey: poisoned.partitionKey.toString('hex'),
        clustering: [poisoned.rows[0]!.clustering[0]!.toString('hex')],
        errorClass,
        reason: expect.stringMatching(reason),
      },
    ]);
    expect(await onTarget(what)).toBeDefined();
  },
);

test('keys that are as large as they may be are written', async () => {
  const id = 'k'.repeat(2_048);
  const { letters } = await apply(aWrite(id, 'a'.repeat(850), {}));
  expect(letters).toEqual([]);
  expect(await onTarget(id)).toBeDefined();
});

test('a number of 38 digits is written', async () => {
  const { letters } = await apply(aWrite('38', 'x', { n: bytesOf(10n ** 38n - 1n) }));
  expect(letters).toEqual([]);
});

/** As CQL encodes a varint. */
function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? `00${hex}` : `0${hex}`, 'hex');
}
