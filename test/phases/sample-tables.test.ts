import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import type { Table } from '../../src/model/table.ts';
import { sampleTables } from '../../src/phases/sample-tables.ts';
import { estimateTable } from '../../src/plan/estimate-table.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';

const overhead = { hasTimestamps: true, hasTtl: true, regions: 1 };
const single = aTable({ regulars: { v: 'blob' } });
const clustered = aTable({ clustering: { at: 'int' }, regulars: { v: 'blob' } });

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function sampleOf(table: Table, source: Parameters<typeof sampleTables>[1]) {
  const sampled = (await sampleTables([table], source)).get(table.name)!;
  if ('failed' in sampled) throw new Error(sampled.failed);
  return sampled.sample;
}

function partitions(count: number, rowsOf: (n: number) => number, bytes = 10): readonly MemoryRow[] {
  return Array.from({ length: count }, (_, id) =>
    Array.from({ length: rowsOf(id) }, (_, at) => ({ values: { id: int(id), at: int(at), v: Buffer.alloc(bytes) } })),
  ).flat();
}

describe('a sample', () => {
  test('tells rows, partitions and units of rows of all sizes to 15 %', async () => {
    const random = chance(7);
    const rows = Array.from({ length: 4_000 }, (_, id) => ({
      values: { id: int(id), v: Buffer.alloc(Math.floor(3_000 * random() ** 3)) },
    }));
    const source = inMemoryReader(rows, [12]);
    const estimate = estimateTable(await sampleOf(single, source), overhead, 0)!;
    const everything = { columns: [...single.partitionKey, single.columns.get('v')!], ttlColumns: 1 };
    const all = rows.map(({ values }) => [{ values: [values.id, values.v], ttlSeconds: [null] }]);
    const keys = { count: rows.length, share: 1 };
    const stretches = [{ partitions: all, share: 1, isWhole: true, isCut: false, keys }];
    const truth = estimateTable({ ...everything, stretches }, overhead, 0)!;
    expect(estimate.basis).toBe('sampled');
    expect(estimate.sampledRows).toBeLessThan(500);
    for (const what of ['rows', 'writeUnits', 'encodedBytes', 'storageBytes', 'answerBytes'] as const)
      expect(Math.abs(estimate[what] / truth[what] - 1), what).toBeLessThan(Math.min(0.15, estimate.spread!));
  });

  test('does not take large partitions for fewer than there are, though they are met at the end of what is read', async () => {
    const rows = partitions(900, (id) => (id % 10 === 0 ? 60 : 1));
    const estimate = estimateTable(await sampleOf(clustered, inMemoryReader(rows, [12])), overhead, 0)!;
    expect(estimate.basis).toBe('sampled');
    expect(Math.abs(estimate.partitions / 900 - 1)).toBeLessThan(0.1);
    expect(Math.abs(estimate.rows / rows.length - 1)).toBeLessThan(estimate.spread!);
    expect(estimate.spread!).toBeLessThan(0.8);
  });

  test('counts a small table', async () => {
    const rows = partitions(40, () => 3);
    expect(estimateTable(await sampleOf(clustered, inMemoryReader(rows, [5, 0])), overhead, 0)).toMatchObject({
      ...{ basis: 'counted', rows: 120, partitions: 40, spread: 0 },
    });
  });

  test('is the same each time', async () => {
    const source = inMemoryReader(
      partitions(1_000, () => 2),
      [12],
    );
    expect(await sampleOf(clustered, source)).toEqual(await sampleOf(clustered, source));
  });

  test('is bounded in rows where partitions are large, and says that it did not see their end', async () => {
    const source = inMemoryReader(
      partitions(32, () => 400),
      [12],
    );
    const { stretches } = await sampleOf(clustered, source);
    expect(stretches.some(({ isCut }) => isCut)).toBe(true);
    for (const { partitions: read } of stretches) expect(read.flat().length).toBeLessThanOrEqual(120);
  });

  test('is bounded in bytes where rows are large', async () => {
    const source = inMemoryReader(
      partitions(200, () => 1, 300_000),
      [1],
    );
    const { stretches } = await sampleOf(single, source);
    for (const { partitions: read } of stretches) expect(read.length).toBeLessThanOrEqual(4);
  });
});

describe('a table that cannot be read', () => {
  const source = inMemoryReader(partitions(10, () => 1));
  const failing = (error: Error) => ({
    ...source,
    readRange: (read: Parameters<typeof source.readRange>[0]) => {
      if (read.table === single) return source.readRange(read);
      throw error;
    },
  });
  const other = aTable({ name: 'other', regulars: { v: 'blob' } });

  test('is told with why, and the others are sampled all the same', async () => {
    const refused = new OperatorError({ expected: 'to read', found: 'UNAUTHORIZED: no right', next: 'grant it' });
    const sampled = await sampleTables([single, other], failing(refused));
    expect(sampled.get('other')).toEqual({ failed: 'a sample of it was not read: UNAUTHORIZED: no right' });
    expect(sampled.get(single.name)).toHaveProperty('sample');
  });

  test('because of a bug of ours is thrown', async () => {
    await expect(sampleTables([other], failing(new TypeError('a bug')))).rejects.toThrow('a bug');
  });

  test('because the operator has had enough is not told as slow', async () => {
    const enough = new Error('Ctrl-C');
    await expect(sampleTables([single], source, AbortSignal.abort(enough))).rejects.toBe(enough);
  });
});
