import type { Mutation, PartitionUpdate } from '../../model/mutation.ts';
import type { Table } from '../../model/table.ts';
import { ByteReader } from './byte-reader.ts';
import { readPartitionUpdate } from './decode-partition-update.ts';
import { UnknownTableError } from './errors.ts';
import type { LogVersion } from './segment-header.ts';
import { layoutOf } from './table-layout.ts';

/** Finds a table by its 32 lower-case hex digits. */
export type TableById = (id: string) => Table | undefined;

/**
 * Decodes a record body. Buffers of the answer share the body's memory.
 * Throws UnknownTableError and UnknownColumnError, after which a newer schema may decode it; UnsupportedMutationError;
 * CorruptMutationError.
 */
export function decodeMutation(body: Buffer, logVersion: LogVersion, tableById: TableById): Mutation {
  const reader = new ByteReader(body);
  const count = reader.count();
  if (count === 0) throw reader.corrupt('a mutation without an update');
  const updates: PartitionUpdate[] = [];
  // No lengths: where the second update begins is known only once the first is decoded.
  for (let i = 0; i < count; i++) updates.push(readUpdate(reader, logVersion, tableById));
  if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes after the last update`);
  return { updates };
}

function readUpdate(reader: ByteReader, logVersion: LogVersion, tableById: TableById): PartitionUpdate {
  const id = reader.hex(16);
  const table = tableById(id);
  if (!table) throw new UnknownTableError(id);
  return readPartitionUpdate(reader, logVersion, layoutOf(table));
}
