import { clusteringOf, partitionKeyOf } from '../apply/row-layout.ts';
import { RefusedWriteError } from '../apply/target-writer.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { oversizedRow, oversizeOf } from '../model/row-limits.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import type { RowWrites } from '../ports/target-keyspace.ts';
import { type CopyParts, isSpent, type SplitAttempt } from './copy-parts.ts';
import { planRow, type RowPart } from './plan-row.ts';
import type { SplitBooks } from './split-books.ts';
import { writePart } from './write-part.ts';

export interface TakenRow {
  readonly row: EncodedRow;
  /** The first row of its partition brings the partition's static values. */
  readonly withStatics: boolean;
  readonly arrivedAtMicros: bigint;
}

/** Rows that are one insert each. */
export interface PlainRows {
  readonly inserts: RowWrites;
  /** Its row of that number, cut into cells. */
  readonly cut: (index: number) => EncodedRow;
}

/** Writes plain rows together, or each on its own; as copyRow, without what such rows do not need. */
export async function copyPlainRows(
  { inserts, cut }: PlainRows,
  attempt: SplitAttempt,
  books: SplitBooks,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<void> {
  const count = inserts.rows.length;
  if (count > 1 && (await parts.writer.writeTogether(inserts, signal))) return books.written(count);
  for (let index = 0; index < count; index++) {
    const insert = count === 1 ? inserts : { ...inserts, rows: [inserts.rows[index]!] };
    try {
      await parts.writer.writeRow(insert, signal);
      books.written();
    } catch (error) {
      await bury(cut(index), 'row', refusalIn(error, attempt, parts), attempt, parts);
      books.deadLettered();
    }
  }
}

/** Writes a row, and says on the books and in a dead letter what the target does not take of it. */
export async function copyRow(
  taken: TakenRow,
  attempt: SplitAttempt,
  books: SplitBooks,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<void> {
  const { row } = taken;
  const nowMicros = parts.clock.nowMicros();
  const toWrite = planRow({ ...taken, nowMicros, layout: attempt.layout, keyspace: parts.keyspace });
  if (toWrite.length === 0) return books.superseded();
  let refusals = 0;
  // One by one and each whatever became of the other: statics are not lost because the row they came with is refused.
  for (const part of toWrite) {
    const refusal = await refusalOf(part, attempt, parts, signal);
    if (refusal === undefined) continue;
    refusals++;
    await bury(row, part.kind, refusal, attempt, parts);
  }
  if (refusals === 0) books.written();
  else books.deadLettered();
}

interface Refusal {
  readonly reason: string;
  readonly errorClass: string;
}

async function refusalOf(
  part: RowPart,
  attempt: SplitAttempt,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { limits } = parts.writer;
  const reason = limits && oversizeOf(part.size(), limits);
  if (reason !== undefined) return { reason, errorClass: oversizedRow };
  try {
    await writePart(part, attempt.floorMicros, parts, signal);
    return undefined;
  } catch (error) {
    return refusalIn(error, attempt, parts);
  }
}

/** Throws again what is no refusal, or one of a spent floor: that says something about our timestamp, not the row. */
function refusalIn(error: unknown, attempt: SplitAttempt, parts: CopyParts): Refusal {
  if (!(error instanceof RefusedWriteError) || isSpent(attempt, parts)) throw error;
  return { reason: error.message, errorClass: error.name };
}

async function bury(
  row: EncodedRow,
  kind: RowPart['kind'],
  refusal: Refusal,
  { layout, split }: SplitAttempt,
  { deadLetters, report }: CopyParts,
): Promise<void> {
  const clustering = kind === 'row' ? (clusteringOf(layout, row) ?? []) : [];
  await deadLetters.add({
    table: layout.table.name,
    partitionKey: joinPartitionKey(partitionKeyOf(layout, row)).toString('hex'),
    clustering: clustering.map((value) => value.toString('hex')),
    ...refusal,
    attempts: 1,
    origin: split.id,
  });
  report({ kind: 'dead-letter', table: layout.table.name, reason: refusal.reason });
}
