import { describe, expect, test } from 'vitest';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { digestOf } from '../../src/stream/copies.ts';
import { type PlanContext, type PlannedChange, planUpdate } from '../../src/stream/plan-update.ts';
import { dirtyListsOf, keysToRecopy } from '../../src/stream/work-of-update.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, aColumnDeletion, anUpdate, aRow, at } from '../support/an-update.ts';

const minute = 60_000_000n;
const handOver = 1_700_000_000_000_000n;
const now = handOver + 60n * minute;
const old = handOver - minute;
const young = handOver + 30n * minute;
const table = aTable({
  clustering: { c: 'int' },
  statics: { st: 'text', sl: 'list<int>' },
  regulars: { a: 'text', l: 'list<text>' },
});
const simple = aTable();
const clustering = [int(2)];

function context(parts: Partial<PlanContext> = {}): PlanContext {
  return {
    isMigrated: () => true,
    isRecopied: () => false,
    firstDecision: () => undefined,
    handOverMicros: handOver,
    nowMicros: now,
    window: keyspacesWindow,
    ...parts,
  };
}

function planned(update: PartitionUpdate, parts: Partial<PlanContext> = {}): PlannedChange {
  return planUpdate(update, context(parts)) as PlannedChange;
}

const insertAt = (timestampMicros: bigint) =>
  anUpdate(table, {
    rows: [aRow({ clustering, marker: { timestampMicros }, cells: [aCell(table, 'a', text('x'), timestampMicros)] })],
  });
const slice = (timestampMicros: bigint) => ({
  ...at(timestampMicros),
  start: { values: [int(1)], isInclusive: true },
  end: { values: [], isInclusive: true },
});

describe('planUpdate', () => {
  test('applies what is younger than the hand-over and reads again what is older or of the far future', () => {
    expect(planned(insertAt(young)).what).toBe('apply');
    expect(planned(insertAt(old)).what).toBe('recopy');
    expect(planned(insertAt(handOver + minute)).what).toBe('recopy');
    expect(planned(insertAt(now + 6n * minute)).what).toBe('recopy');
  });

  test('ignores other tables, counters and updates without content', () => {
    expect(planned(insertAt(young), { isMigrated: () => false }).what).toBe('ignored');
    expect(planned(anUpdate(aTable({ isCounter: true, regulars: { n: 'counter' } }))).what).toBe('ignored');
    expect(planned(anUpdate(table)).what).toBe('ignored');
  });

  test('drops a copy of what was applied, but of nothing that was recopied, grew old or leaves its row in doubt', () => {
    const firstDecision = (decision: 'apply' | 'recopy') => ({ firstDecision: () => decision });
    const inDoubt = anUpdate(table, { rows: [aRow({ clustering, cells: [aCell(table, 'a', undefined, young)] })] });
    expect(planned(insertAt(young), firstDecision('apply')).what).toBe('duplicates');
    expect(planned(insertAt(young), firstDecision('recopy')).what).toBe('apply');
    expect(planned(insertAt(old), firstDecision('apply')).what).toBe('recopy');
    expect(planned(inDoubt, firstDecision('apply')).what).toBe('apply');
  });

  test('drops no copy of what touches or takes away lists: a quorum may not have had it when the first copy was read', () => {
    const again: Partial<PlanContext> = { firstDecision: () => 'apply' };
    const cells = [aCell(table, 'l', text('x'), young, { path: Buffer.alloc(16) })];
    const updates = [
      anUpdate(table, { rows: [aRow({ clustering, cells })] }),
      anUpdate(table, { rows: [aRow({ clustering, columnDeletions: [aColumnDeletion(table, 'l', young)] })] }),
      anUpdate(table, { rows: [aRow({ clustering, deletion: at(young) })] }),
      anUpdate(table, { staticRow: aRow({ cells: [aCell(table, 'sl', int(1), young)] }) }),
      anUpdate(table, { rangeDeletions: [slice(young)] }),
      anUpdate(table, { partitionDeletion: at(young) }),
    ];
    expect(updates.map((update) => planned(update, again).what)).toEqual(updates.map(() => 'apply'));
    const gone = anUpdate(simple, { partitionDeletion: at(young) });
    expect(planned(gone, again).what).toBe('duplicates');
  });

  test('of an old change applies the young parts', () => {
    const mixed = anUpdate(table, { rows: [...insertAt(old).rows, ...insertAt(young).rows] });
    const plan = planned(mixed);
    expect(plan.what).toBe('recopy');
    expect(plan.young!.rows).toEqual(insertAt(young).rows);
  });

  test('applies nothing of a table in recopy mode', () => {
    const plan = planned(insertAt(young), { isRecopied: () => true });
    expect(plan).toMatchObject({ what: 'recopy', young: undefined });
  });

  test('takes the deletion of a one-row partition for one of its row', () => {
    const plan = planned(anUpdate(simple, { partitionDeletion: at(young) }));
    expect(plan.update).toMatchObject({ rows: [{ clustering: [], deletion: at(young) }] });
    expect(plan.update.partitionDeletion).toBeUndefined();
    expect(keysToRecopy(plan)).toEqual([]);
  });
});

describe('keysToRecopy', () => {
  const kinds = (update: PartitionUpdate) => keysToRecopy(planned(update)).map(({ scope }) => scope.kind);

  test('are the rows and statics of an old change', () => {
    const staticRow = aRow({ cells: [aCell(table, 'st', text('x'), old)] });
    expect(kinds({ ...insertAt(old), staticRow })).toEqual(['row', 'statics']);
    expect(kinds(insertAt(young))).toEqual([]);
  });

  test('are the rows that a young change leaves in doubt', () => {
    const expiry = { ttlSeconds: 5, expiresAtSeconds: 9 };
    const rows = [
      aRow({ clustering, cells: [aCell(table, 'a', undefined, young)] }),
      aRow({ clustering, cells: [aCell(table, 'a', text('x'), young, { expiry })] }),
      aRow({ clustering, cells: [aCell(table, 'a', text('x'), young)] }),
    ];
    expect(kinds(anUpdate(table, { rows }))).toEqual(['row', 'row']);
  });

  test('are the partition of an old slice, and its named rows beside it', () => {
    expect(kinds(anUpdate(table, { rangeDeletions: [slice(old)] }))).toEqual(['partition']);
    expect(kinds({ ...insertAt(old), partitionDeletion: at(old) })).toEqual(['row', 'partition']);
    expect(kinds(anUpdate(table, { rangeDeletions: [slice(young)] }))).toEqual([]);
  });
});

describe('dirtyListsOf', () => {
  const lists = (update: PartitionUpdate) =>
    dirtyListsOf(planned(update)).map(({ isStatic, eventMicros }) => ({ isStatic, eventMicros }));

  test('are those that a change touches, or whose row it deletes', () => {
    const touched = anUpdate(table, {
      rows: [aRow({ clustering, columnDeletions: [aColumnDeletion(table, 'l', young)] })],
    });
    const deleted = anUpdate(table, { rows: [aRow({ clustering, deletion: at(young) })] });
    expect(lists(touched)).toEqual([{ isStatic: false, eventMicros: young }]);
    expect(lists(deleted)).toEqual([{ isStatic: false, eventMicros: young }]);
    expect(lists(insertAt(young))).toEqual([]);
  });

  test('are the static ones of a deleted partition, also beside a new static value', () => {
    const staticRow = aRow({ cells: [aCell(table, 'st', text('x'), young + 1n)] });
    const update = anUpdate(table, { partitionDeletion: at(young), staticRow });
    expect(lists(update)).toEqual([{ isStatic: true, eventMicros: young + 1n }]);
  });

  test('take no time from what is not applied: a stamp of the far future would be refused', () => {
    const far = now + 10n * minute;
    const update = anUpdate(table, {
      rows: [aRow({ clustering, columnDeletions: [aColumnDeletion(table, 'l', far)] })],
    });
    expect(lists(update)).toEqual([{ isStatic: false, eventMicros: 0n }]);
  });
});

describe('digestOf', () => {
  const cells = [aCell(table, 'a', text('x'), young)];
  const base = anUpdate(table, { rows: [aRow({ clustering, cells })] });
  const withRow = (parts: Parameters<typeof aRow>[0]) =>
    anUpdate(table, { rows: [aRow({ clustering, cells, ...parts })] });
  const expiry = { ttlSeconds: 5, expiresAtSeconds: 9 };

  test('is the same for the same content, whatever object or deletion second it came in', () => {
    expect(digestOf(withRow({}))).toBe(digestOf(base));
    expect(digestOf(withRow({ deletion: { timestampMicros: 4n, localDeletionTime: 1 } }))).toBe(
      digestOf(withRow({ deletion: { timestampMicros: 4n, localDeletionTime: 2 } })),
    );
  });

  test('is another one for another expiry', () => {
    const expiring = (expiresAtSeconds: number) =>
      withRow({ cells: [aCell(table, 'a', text('x'), young, { expiry: { ...expiry, expiresAtSeconds } })] });
    expect(digestOf(expiring(9))).not.toBe(digestOf(expiring(10)));
  });

  test.each<[string, PartitionUpdate]>([
    ['another value', withRow({ cells: [aCell(table, 'a', text('y'), young)] })],
    ['a deleted cell', withRow({ cells: [aCell(table, 'a', undefined, young)] })],
    ['an empty value', withRow({ cells: [aCell(table, 'a', Buffer.alloc(0), young)] })],
    ['another time', withRow({ cells: [aCell(table, 'a', text('x'), young + 1n)] })],
    ['an expiry', withRow({ cells: [aCell(table, 'a', text('x'), young, { expiry })] })],
    ['a marker', withRow({ marker: { timestampMicros: young } })],
    ['an expiring marker', withRow({ marker: { timestampMicros: young, expiry } })],
    ['a row deletion', withRow({ deletion: at(young) })],
    ['another row', withRow({ clustering: [int(3)] })],
    ['another partition', { ...base, partitionKey: int(9) }],
    ['a partition deletion', { ...base, partitionDeletion: at(young) }],
    ['a range deletion', { ...base, rangeDeletions: [slice(young)] }],
    ['an exclusive range', { ...base, rangeDeletions: [{ ...slice(young), end: { values: [], isInclusive: false } }] }],
    ['another table', { ...base, table: { ...table, id: '9'.repeat(32) } }],
  ])('is another one for %s', (_, other) => {
    expect(digestOf(other)).not.toBe(digestOf(base));
  });
});
