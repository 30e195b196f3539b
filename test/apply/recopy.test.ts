import { describe, expect, test } from 'vitest';
import { type RecopyScope, recopy } from '../../src/apply/recopy.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { EncodedRow, PartitionRead } from '../../src/ports/table-reader.ts';
import type { RowWrites, TargetStatement } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';
import { shownStatement } from './shown-statement.ts';

const hour = 3_600_000_000n;
const table = aTable({ name: 't', clustering: { c: 'int' }, statics: { st: 'text' }, regulars: { a: 'text' } });
const listed = aTable({ name: 't', clustering: { c: 'int' }, regulars: { l: 'list<int>' } });

interface Sides {
  readonly source?: readonly MemoryRow[];
  readonly target?: readonly MemoryRow[];
  readonly answer?: (statement: TargetStatement, clock: ReturnType<typeof aClock>) => void;
  readonly isHidden?: (clustering: readonly Buffer[] | undefined) => boolean;
  readonly of?: typeof table;
}

async function recopied(scope: RecopyScope, sides: Sides) {
  const { source = [], target = [], answer = () => {}, isHidden, of = table } = sides;
  const clock = aClock();
  const written = inMemoryTarget((statement) => answer(statement, clock));
  const reader = inMemoryReader(source);
  const keys = await recopy(
    { table: of, partitionKey: [int(1)], scope },
    {
      source: reader,
      target: inMemoryReader(target),
      writer: createTargetWriter({ target: written, clock, report: () => {}, maxInFlight: 4 }),
      clock,
      window: keyspacesWindow,
      keyspace: 'moved',
      ...(isHidden && { isHidden: ({ clustering }) => isHidden(clustering) }),
    },
  );
  const stamps = written.taken.map(({ cql, values }) =>
    (values[cql.slice(0, cql.indexOf('TIMESTAMP')).split('?').length - 1] as Buffer).readBigInt64BE(),
  );
  const texts = written.taken.map((statement) =>
    shownStatement(statement).replaceAll(/TIMESTAMP \d+/g, 'TIMESTAMP floor'),
  );
  return {
    texts,
    stamps,
    reads: reader.reads,
    keys: keys.map((key) => key.map((value) => value.readInt32BE())),
    clock,
  };
}

const aRowAt = (c: number, a?: string): MemoryRow => ({
  values: { id: int(1), c: int(c), ...(a === undefined ? {} : { a: text(a) }) },
});
const rowScope: RecopyScope = { kind: 'row', clustering: [int(2)] };

describe('recopy', () => {
  test('writes a row that is there and deletes one that is not, at the floor of the read', async () => {
    const present = await recopied(rowScope, { source: [aRowAt(2, 'x')] });
    const absent = await recopied(rowScope, {});
    expect(present.texts).toEqual([
      'INSERT INTO "moved"."t" ("id", "c", "a") VALUES (1, 2, x) USING TIMESTAMP floor AND TTL 0',
    ]);
    expect(absent.texts).toEqual(['DELETE FROM "moved"."t" USING TIMESTAMP floor WHERE "id" = 1 AND "c" = 2']);
    expect(present.stamps[0]).toBeLessThanOrEqual(floorOf(present.clock.now, keyspacesWindow));
  });

  test('of a partition goes over the rows of both sides and the statics', async () => {
    const { texts, keys } = await recopied(
      { kind: 'partition' },
      { source: [aRowAt(2, 'x'), aRowAt(3)], target: [aRowAt(3), aRowAt(4)] },
    );
    expect(texts.map((cql) => cql.slice(0, 6)).sort()).toEqual(['DELETE', 'INSERT', 'INSERT', 'UPDATE']);
    expect(texts).toContain('DELETE FROM "moved"."t" USING TIMESTAMP floor WHERE "id" = 1 AND "c" = 4');
    expect(keys).toEqual([]);
  });

  test('of a partition leaves a row whose key the target has in another form: 1.0 and 1.00 are one row', async () => {
    const of = aTable({ name: 't', clustering: { c: 'decimal' }, regulars: { a: 'text' } });
    const priced = (scale: number, unscaled: number): MemoryRow => ({
      values: { id: int(1), c: Buffer.from([0, 0, 0, scale, unscaled]), a: text('x') },
    });
    const { texts } = await recopied(
      { kind: 'partition' },
      { of, source: [priced(1, 10)], target: [priced(2, 100), priced(1, 11)] },
    );
    expect(texts.map((cql) => cql.slice(0, 6))).toEqual(['INSERT', 'DELETE']);
  });

  test('of a partition tells the rows of both sides whose lists are to be read again', async () => {
    const sides = { of: listed, source: [aRowAt(2), aRowAt(3)], target: [aRowAt(3), aRowAt(4)] };
    expect((await recopied({ kind: 'partition' }, sides)).keys).toEqual([[2], [3], [4]]);
  });

  test('of a partition of 50,000 rows on either side goes page by page: what is read is written before more is read', async () => {
    let [read, written, mostWaiting] = [0, 0, 0];
    const side = (firstRow: number) => ({
      ...inMemoryReader([]),
      async *readPartition({ columns }: PartitionRead): AsyncIterable<readonly EncodedRow[]> {
        for (let c = firstRow; c < firstRow + 50_000; c += 500) {
          read += 500;
          mostWaiting = Math.max(mostWaiting, read - written);
          const absent = columns.slice(2).map(() => null);
          yield Array.from({ length: 500 }, (_, row) => ({
            values: [int(1), int(c + row), ...absent],
            ttlSeconds: absent,
            writeTimesMicros: [],
          }));
        }
      },
    });
    const clock = aClock();
    const target = {
      ...inMemoryTarget(),
      write: async () => void written++,
      async writeRows({ rows }: RowWrites) {
        written += rows.length;
      },
    };
    await recopy(
      { table, partitionKey: [int(1)], scope: { kind: 'partition' } },
      {
        source: side(0),
        target: side(50_000),
        writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 64 }),
        clock,
        window: keyspacesWindow,
        keyspace: 'moved',
      },
    );
    // The statics are one more.
    expect(written).toBe(100_001);
    expect(mostWaiting).toBe(500);
  });

  test('of a partition that is gone deletes the statics too', async () => {
    const { texts } = await recopied({ kind: 'partition' }, { target: [aRowAt(4)] });
    expect(texts.sort()).toEqual([
      'DELETE "st" FROM "moved"."t" USING TIMESTAMP floor WHERE "id" = 1',
      'DELETE FROM "moved"."t" USING TIMESTAMP floor WHERE "id" = 1 AND "c" = 4',
    ]);
  });

  test('of a partition with statics alone writes no row', async () => {
    const statics = { values: { id: int(1), st: text('x') } };
    const { texts, keys } = await recopied({ kind: 'partition' }, { source: [statics] });
    expect(texts).toEqual(['UPDATE "moved"."t" USING TIMESTAMP floor AND TTL 0 SET "st" = x WHERE "id" = 1']);
    expect(keys).toEqual([]);
  });

  test('does not bring back what an applied slice hides', async () => {
    const source = [aRowAt(2, 'x'), aRowAt(3, 'y')];
    const isHidden = (clustering: readonly Buffer[] | undefined) => clustering?.[0]?.equals(int(2)) ?? true;
    expect((await recopied(rowScope, { source, isHidden })).texts).toEqual([]);
    expect((await recopied({ kind: 'statics' }, { source, isHidden })).texts).toEqual([]);
    expect((await recopied({ kind: 'partition' }, { source, isHidden })).texts).toHaveLength(1);
  });

  test('reads again when the target was away until the floor was too old for it', async () => {
    let refusals = 0;
    const { reads, stamps, clock } = await recopied(rowScope, {
      source: [aRowAt(2, 'x')],
      answer(_, clock) {
        if (refusals++ > 0) return;
        clock.now += 5n * hour;
        throw refused('timestamp out of bounds');
      },
    });
    expect(reads).toBe(2);
    expect(stamps).toHaveLength(1);
    expect(stamps[0]).toBeGreaterThan(clock.now - keyspacesWindow.pastMicros);
  });

  test('a refusal that has another reason is thrown', async () => {
    const answer = () => {
      throw refused('too big');
    };
    await expect(recopied(rowScope, { source: [aRowAt(2, 'x')], answer })).rejects.toThrow('too big');
  });

  test('a list of unknown outcome is read again under another stamp, never sent twice', async () => {
    const sent: bigint[] = [];
    const { reads } = await recopied(rowScope, {
      of: listed,
      source: [{ values: { id: int(1), c: int(2), l: text('list') } }],
      answer({ values }) {
        sent.push((values[3] as Buffer).readBigInt64BE());
        if (sent.length === 1) throw timedOut();
      },
    });
    expect(reads).toBe(2);
    expect(sent[1]).toBeGreaterThan(sent[0]!);
  });
});
