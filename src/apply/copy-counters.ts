import { BooksError } from '../errors.ts';
import type { CountedTable } from '../model/counted-table.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { keyColumns, regularColumns, staticColumns, type Table } from '../model/table.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import { type CounterParts, type CounterRow, copyCounterRow, countersIn, readCounters } from './copy-counter-row.ts';
import type { CounterValues } from './counter-steps.ts';
import { boundInFlight } from './in-flight.ts';
import { clusteringOf, layoutOf, partitionKeyOf, type RowLayout } from './row-layout.ts';

const rowsAtOnce = 128;

/**
 * Brings every counter of a table on the target to the source's, row by row and by difference, so that it may be repeated
 * after any interruption. Only while nobody writes to either side; the caller lets what an earlier run may have left on its
 * way pass first. Throws BooksError, AmbiguousOutcomeError, OperatorError.
 */
export async function copyCounters(table: Table, parts: CounterParts): Promise<CountedTable> {
  const failed = new AbortController();
  const signal = parts.signal ? AbortSignal.any([parts.signal, failed.signal]) : failed.signal;
  const books = { rows: 0, equal: 0, changed: 0, removed: 0, lostAnswers: 0 };
  const own: CounterParts = { ...parts, signal, onLostAnswer: () => books.lostAnswers++ };
  const copy = async (row: CounterRow) => {
    books.rows++;
    books[await copyCounterRow(row, own)]++;
  };
  const removeIfGone = async (row: CounterRow) => {
    const wanted = await readCounters('source', row, own);
    // What the source has is for the second walk.
    if (wanted.some((value) => value !== null)) return;
    books.removed++;
    await copy({ ...row, wanted });
  };
  const fail = (error: unknown) => failed.abort(error);
  await eachRow(table, 'target', own, fail, ({ row }) => removeIfGone(row));
  await eachRow(table, 'source', own, fail, ({ row, counters }) => copy({ ...row, wanted: counters }));
  if (books.rows !== books.equal + books.changed)
    throw new BooksError(`${table.name}: ${books.rows} counters, ${books.equal} + ${books.changed} accounted for`);
  return { table: table.name, ...books };
}

interface FoundRow {
  readonly row: CounterRow;
  readonly counters: CounterValues;
}

/** Ends when the work on every row of that side has ended, also when one of them fails. */
async function eachRow(
  table: Table,
  side: 'source' | 'target',
  parts: CounterParts,
  fail: (error: unknown) => void,
  work: (found: FoundRow) => Promise<void>,
): Promise<void> {
  const inFlight = boundInFlight(rowsAtOnce, fail);
  try {
    for await (const found of rowsOf(table, side, parts)) await inFlight.begin(() => work(found));
  } finally {
    await inFlight.ended();
  }
}

async function* rowsOf(table: Table, side: 'source' | 'target', parts: CounterParts): AsyncIterable<FoundRow> {
  const layout = layoutOf(table);
  const read = {
    table,
    columns: layout.columns,
    consistency: side === 'source' ? ('all' as const) : ('local_quorum' as const),
    ...(parts.signal && { signal: parts.signal }),
  };
  let lastPartition: Buffer | undefined;
  for await (const page of parts[side].readAll(read))
    for (const row of page) {
      const partition = joinPartitionKey(partitionKeyOf(layout, row));
      // Statics come with every row of their partition.
      if (!lastPartition?.equals(partition)) yield* staticRow(layout, row);
      lastPartition = partition;
      yield* regularRow(layout, row);
    }
}

function* staticRow(layout: RowLayout, row: EncodedRow): Iterable<FoundRow> {
  const { table } = layout;
  const columns = staticColumns(table);
  const from = keyColumns(table).length;
  const counters = countersIn(row, from, from + columns.length);
  if (counters.every((value) => value === null)) return;
  const key = { partitionKey: partitionKeyOf(layout, row), clustering: [], isStatic: true };
  yield { row: { table, columns, ...key }, counters };
}

function* regularRow(layout: RowLayout, row: EncodedRow): Iterable<FoundRow> {
  const { table } = layout;
  const clustering = clusteringOf(layout, row);
  if (clustering === undefined) return;
  const columns = regularColumns(table);
  const counters = countersIn(row, layout.columns.length - columns.length);
  yield { row: { table, columns, partitionKey: partitionKeyOf(layout, row), clustering, isStatic: false }, counters };
}
