import { describe, expect, test } from 'vitest';
import { repairRow } from '../../src/apply/repair-row.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { Table } from '../../src/model/table.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';
import { shownStatement } from './shown-statement.ts';

const now = 1_700_000_000_000_000n;
const hour = 3_600_000_000n;
const floor = floorOf(now, keyspacesWindow);
const plain = aTable({
  name: 't',
  clustering: { c: 'int' },
  statics: { st: 'text' },
  regulars: { a: 'text', b: 'text' },
});
const withSet = aTable({ name: 't', clustering: { c: 'int' }, regulars: { a: 'text', s: 'set<int>' } });
const withList = aTable({ name: 't', clustering: { c: 'int' }, regulars: { l: 'list<int>' } });

interface Sides {
  readonly source?: readonly MemoryRow[];
  readonly target?: readonly MemoryRow[];
  readonly table?: Table;
  readonly clustering?: readonly Buffer[];
  readonly useReadInstant?: boolean;
  readonly answer?: (statement: TargetStatement) => void;
}

async function repaired(sides: Sides) {
  const { source = [], target = [], table = plain, clustering = [int(2)], useReadInstant = false, answer } = sides;
  const clock = aClock(now);
  const written = inMemoryTarget(answer ?? (() => {}));
  const row = { table, key: { partitionKey: [int(1)], clustering }, consistency: 'all' as const, useReadInstant };
  const { timestampMicros: stamp, refusal } = await repairRow(row, {
    source: inMemoryReader(source),
    target: inMemoryReader(target),
    writer: createTargetWriter({ target: written, clock, report: () => {}, maxInFlight: 4 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
  });
  return { stamp, refusal, texts: written.taken.map((each) => shownStatement(each).replaceAll(`${stamp}`, 'STAMP')) };
}

/** Row 2 of partition 1 with cell `a`, written at an instant. */
function rowOf(a: string, writtenMicros: bigint, statics: Readonly<Record<string, Buffer>> = {}): MemoryRow {
  return { values: { id: int(1), c: int(2), a: text(a), ...statics }, writeTimesMicros: { a: writtenMicros } };
}

describe('the stamp of a repaired row', () => {
  test('is the floor of its read where both sides are older', async () => {
    const { stamp } = await repaired({ source: [rowOf('new', 5n)], target: [rowOf('old', 4n)] });
    expect(stamp - floor).toBeLessThan(10n);
    expect(stamp).toBeGreaterThanOrEqual(floor);
  });

  test('is just above what the target has, where that is above the floor', async () => {
    const ahead = now - hour;
    const { stamp } = await repaired({ source: [rowOf('new', 5n)], target: [rowOf('old', ahead)] });
    expect(stamp).toBe(ahead + 1n);
  });

  test('is the write time of the source, where that is the newest', async () => {
    const { stamp } = await repaired({ source: [rowOf('new', now - 7n)], target: [rowOf('old', now - hour)] });
    expect(stamp).toBe(now - 7n);
  });

  test('is never later than now, whatever the target has', async () => {
    const { stamp } = await repaired({ source: [rowOf('new', 5n)], target: [rowOf('old', now + hour)] });
    expect(stamp - now).toBeLessThan(10n);
  });

  test('is the instant of the read once a repair has changed nothing', async () => {
    const { stamp } = await repaired({ source: [rowOf('new', 5n)], useReadInstant: true });
    expect(stamp).toBe(now + 1n);
  });

  test('is the instant of the read where the row has a collection, whose write times nobody can read', async () => {
    const { stamp } = await repaired({ source: [rowOf('new', 5n)], table: withSet });
    expect(stamp).toBe(now + 1n);
  });

  test('of a static row does not look at the cells of its rows', async () => {
    const target = [{ ...rowOf('x', now - hour), values: { ...rowOf('x', 1n).values, st: text('old') } }];
    const { stamp } = await repaired({ source: [rowOf('x', 5n, { st: text('new') })], target, clustering: [] });
    expect(stamp - floor).toBeLessThan(10n);
  });
});

describe('what a repair writes', () => {
  test('is the whole row, its absent cells too', async () => {
    const { texts } = await repaired({ source: [rowOf('new', 5n)] });
    expect(texts).toEqual([
      'INSERT INTO "moved"."t" ("id", "c", "a", "b") VALUES (1, 2, new, null) USING TIMESTAMP STAMP AND TTL 0',
    ]);
  });

  test('is a delete where the source has no row', async () => {
    const { texts } = await repaired({ target: [rowOf('extra', 5n)] });
    expect(texts).toEqual(['DELETE FROM "moved"."t" USING TIMESTAMP STAMP WHERE "id" = 1 AND "c" = 2']);
  });

  test('is a delete also where the source’s partition has statics only', async () => {
    const staticsOnly = { values: { id: int(1), st: text('s') } };
    const { texts } = await repaired({ source: [staticsOnly], target: [rowOf('extra', 5n)], clustering: [] });
    expect(texts).toEqual(['UPDATE "moved"."t" USING TIMESTAMP STAMP AND TTL 0 SET "st" = s WHERE "id" = 1']);
    const row = await repaired({ source: [staticsOnly], target: [rowOf('extra', 5n)] });
    expect(row.texts).toEqual(['DELETE FROM "moved"."t" USING TIMESTAMP STAMP WHERE "id" = 1 AND "c" = 2']);
  });

  test('of a static row that the source does not have is a delete of the statics alone', async () => {
    const { texts } = await repaired({ target: [rowOf('x', 5n, { st: text('old') })], clustering: [] });
    expect(texts).toEqual(['DELETE "st" FROM "moved"."t" USING TIMESTAMP STAMP WHERE "id" = 1']);
  });

  test('is all that the target takes of it; why it does not take the rest is told', async () => {
    const { texts, refusal } = await repaired({
      source: [
        { ...rowOf('new', 5n), values: { ...rowOf('new', 5n).values, b: text('x') }, ttlSeconds: { a: 60, b: 90 } },
      ],
      answer({ cql }) {
        if (cql.startsWith('INSERT')) throw refused('too large');
      },
    });
    expect(refusal).toContain('too large');
    expect(texts).toEqual([expect.stringContaining('SET "a" = new')]);
  });

  test('a list whose write got no answer is read again and written under another stamp', async () => {
    const stamps: bigint[] = [];
    await repaired({
      source: [{ values: { id: int(1), c: int(2), l: Buffer.from('00000001000000040000000a', 'hex') } }],
      table: withList,
      answer({ cql, values }) {
        stamps.push((values[cql.slice(0, cql.indexOf('TIMESTAMP')).split('?').length - 1] as Buffer).readBigInt64BE());
        if (stamps.length === 1) throw timedOut();
      },
    });
    expect(stamps).toHaveLength(2);
    expect(stamps[1]).toBeGreaterThan(stamps[0]!);
  });
});
