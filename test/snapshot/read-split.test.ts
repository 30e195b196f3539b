import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf, type RowLayout } from '../../src/apply/row-layout.ts';
import type { Split } from '../../src/model/split.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import type { EncodedRow, PackedPage } from '../../src/ports/table-reader.ts';
import { cutRow, rowCountOf } from '../../src/snapshot/packed-row.ts';
import { readSplit, restBehind } from '../../src/snapshot/read-split.ts';
import { decodeSplit, encodeSplit } from '../../src/snapshot/split-message.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';

const tables = [
  aTable(),
  aTable({ clustering: { a: 'int' }, statics: { owner: 'text' } }),
  aTable({ clustering: { a: 'int', b: 'int', c: 'int' }, descending: ['b'], statics: { owner: 'text' } }),
];

const rowOf = fc.record({ id: fc.nat(3), a: fc.nat(3), b: fc.nat(3), c: fc.nat(3), isStaticOnly: fc.boolean() });

test('a split that is cut anywhere, again and again, gives each row once and in order', async () => {
  const scenario = fc.record({
    table: fc.constantFrom(...tables),
    rows: fc.array(rowOf, { maxLength: 40 }),
    pageSize: fc.integer({ min: 1, max: 5 }),
    pagesAPart: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ table, rows, pageSize, pagesAPart }) => {
      const reader = inMemoryReader(distinct(rows.map((row) => memoryRow(row, table.clustering.length))), [pageSize]);
      const layout = layoutOf(table);
      const whole: Split = { id: 't/0', table: 't', tableId: '1', range: { start: minToken, end: maxToken } };
      const inOne = await rowsOf(cutPages(readSplit(whole, layout, { source: reader }, signal), layout));

      const inParts: string[] = [];
      const ids = new Set<string>();
      for (let split: Split | undefined = whole; split; ) {
        ids.add(split.id);
        const { texts, last } = await takePages(
          cutPages(readSplit(split, layout, { source: reader }, signal), layout),
          pagesAPart,
        );
        inParts.push(...texts);
        // As it travels on the topic.
        split = last && decodeSplit(encodeSplit(restBehind(split, layout, last)));
        expect(split === undefined || !ids.has(split.id)).toBe(true);
      }
      expect(inParts).toEqual(inOne);
    }),
    { numRuns: 300 },
  );
});

const signal = new AbortController().signal;

function memoryRow(
  row: { id: number; a: number; b: number; c: number; isStaticOnly: boolean },
  clustering: number,
): MemoryRow {
  const owner = { owner: text(`owner of ${row.id}`) };
  if (clustering > 0 && row.isStaticOnly) return { values: { id: int(100 + row.id), ...owner } };
  const columns = { a: int(row.a), b: int(row.b), c: int(row.c) };
  const keys = Object.fromEntries(Object.entries(columns).slice(0, clustering));
  return { values: { id: int(row.id), ...keys, ...(clustering > 0 && owner), name: text('n') } };
}

function distinct(rows: readonly MemoryRow[]): readonly MemoryRow[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row.values), row])).values()];
}

async function* cutPages(pages: AsyncIterable<PackedPage>, layout: RowLayout): AsyncGenerator<readonly EncodedRow[]> {
  for await (const page of pages) yield Array.from({ length: rowCountOf(page) }, (_, row) => cutRow(page, row, layout));
}

async function rowsOf(pages: AsyncIterable<readonly EncodedRow[]>): Promise<readonly string[]> {
  return (await takePages(pages, Number.POSITIVE_INFINITY)).texts;
}

/** The rows of the first pages, and the last of them if more may be behind. */
async function takePages(pages: AsyncIterable<readonly EncodedRow[]>, count: number) {
  const texts: string[] = [];
  let taken = 0;
  for await (const page of pages) {
    texts.push(...page.map(({ values }) => JSON.stringify(values)));
    taken++;
    if (taken >= count && page.length > 0) return { texts, last: page.at(-1)! };
  }
  return { texts, last: undefined };
}
