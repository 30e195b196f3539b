import { ByteReader } from './byte-reader.ts';

/** What can be said of a record without any schema: enough to filter it by table and to route it by token. */
export interface RecordOutline {
  /** Partition updates in the record, each of another table of the same keyspace, all under the same partition key. */
  readonly updateCount: number;
  /** Of the first update, 32 lower-case hex digits; where the others begin only decoding can tell. */
  readonly firstTableId: string;
  /** As in the log: the bytes that the partitioner hashes. Shares the body's memory. */
  readonly partitionKey: Buffer;
}

/** Reads the head of a record body. Throws CorruptMutationError. */
export function outlineRecord(body: Buffer): RecordOutline {
  const reader = new ByteReader(body);
  const updateCount = reader.vint();
  if (updateCount === 0) throw reader.corrupt('a mutation without an update');
  const firstTableId = reader.hex(16);
  return { updateCount, firstTableId, partitionKey: reader.lengthPrefixed() };
}
