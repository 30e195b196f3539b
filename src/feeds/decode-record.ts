import type { RecordEvent } from '../model/change-event.ts';
import type { Mutation } from '../model/mutation.ts';
import { decodeMutation, type TableById } from '../wire/commitlog/decode-mutation.ts';
import { UnknownColumnError, UnknownTableError } from '../wire/commitlog/errors.ts';
import type { LogVersion } from '../wire/commitlog/segment-header.ts';

/** A record's mutation, or why there is none. */
export type DecodedRecord =
  | { readonly kind: 'mutation'; readonly mutation: Mutation }
  /** A newer schema may decode it. */
  | { readonly kind: 'unknown-schema'; readonly tableId: string; readonly reason: string }
  /** Nothing will. */
  | { readonly kind: 'poison'; readonly error: Error };

export function decodeRecord(event: RecordEvent, tableById: TableById): DecodedRecord {
  if (event.logVersion !== 7 && event.logVersion !== 8)
    return { kind: 'poison', error: new RangeError(`commit log version ${event.logVersion} is not known`) };
  try {
    const mutation = decodeMutation(event.body, event.logVersion as LogVersion, tableById);
    return unknownFieldOf(mutation) ?? { kind: 'mutation', mutation };
  } catch (error) {
    if (error instanceof UnknownTableError || error instanceof UnknownColumnError)
      return { kind: 'unknown-schema', tableId: error.tableId, reason: error.message };
    return { kind: 'poison', error: error as Error };
  }
}

/** A field of a user-defined type is only a number in the log, so one that was added lately decodes without its name. */
function unknownFieldOf({ updates }: Mutation): DecodedRecord | undefined {
  for (const { table, staticRow, rows } of updates)
    for (const row of staticRow ? [staticRow, ...rows] : rows)
      for (const { column, path } of row.cells)
        if (column.type.udt && path && path.readUInt16BE(0) >= column.type.udt.fields.length)
          return {
            kind: 'unknown-schema',
            tableId: table.id,
            reason: `table ${table.name}: field ${path.readUInt16BE(0)} of column ${column.name} is not known`,
          };
  return undefined;
}
