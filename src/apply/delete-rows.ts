import { keyColumns } from '../model/table.ts';
import type { RowWrites } from '../ports/target-keyspace.ts';
import { allEnded } from './all-ended.ts';
import type { ApplierParts } from './applier-parts.ts';
import { bigintBytes, packValues } from './encode-values.ts';
import { boundInFlight } from './in-flight.ts';
import type { RowKeys } from './row-layout.ts';
import { deleteRow } from './row-statements.ts';
import type { RowContext } from './statements-of-row.ts';

/**
 * Amazon Keyspaces takes some thousand writes a second of one partition, so more would gain nothing, and all else that is to be
 * written would wait behind them.
 */
const rowsInFlight = 120;

/** Deletes rows of one partition, many in a request; ends once the target has confirmed each. May be repeated. */
export async function deleteRows(
  partitionKey: readonly Buffer[],
  keys: RowKeys,
  context: RowContext,
  parts: Pick<ApplierParts, 'writer' | 'signal'>,
): Promise<void> {
  const { cql, of } = deletesIn(partitionKey, context);
  const inFlight = boundInFlight(rowsInFlight, () => {});
  try {
    for (let from = 0; from < keys.length; ) {
      const some = keys.slice(from, from + parts.writer.rowsTogether(cql));
      from += some.length;
      await inFlight.begin(() => write(of(some), parts), some.length);
    }
  } finally {
    await inFlight.ended();
  }
}

/** The delete of a row of the partition: its text, and the same for several rows. */
function deletesIn(partitionKey: readonly Buffer[], { layout, keyspace, timestampMicros }: RowContext) {
  const place = { table: layout.table, keyspace, partitionKey, clustering: [], isStatic: false };
  const { cql } = deleteRow(place, timestampMicros);
  const before = packValues([bigintBytes(timestampMicros), ...partitionKey]);
  const shape = { cql, valueCount: 1 + keyColumns(layout.table).length, using: Buffer.alloc(0) };
  const of = (keys: RowKeys): RowWrites => {
    const rows = keys.map((clustering) => Buffer.concat([before, packValues(clustering)]));
    return { ...shape, rows };
  };
  return { cql, of };
}

async function write(deletes: RowWrites, { writer, signal }: Pick<ApplierParts, 'writer' | 'signal'>): Promise<void> {
  if (deletes.rows.length > 1 && (await writer.writeTogether(deletes, signal))) return;
  await allEnded(deletes.rows.map((row) => writer.writeRow({ ...deletes, rows: [row] }, signal)));
}
