import type { PartitionUpdate, RowChange } from '../../model/mutation.ts';
import { splitPartitionKey } from '../../model/partition-key.ts';
import { tokenOf } from '../../model/token.ts';
import { writeTimesOf } from '../../model/update-times.ts';
import { eventKey } from './event-key.ts';
import { avroNullable, avroString } from './write-avro.ts';

/** One message of an events topic. */
export interface AgentEvent {
  readonly key: Buffer;
  readonly properties: Readonly<Record<string, string>>;
  readonly payload: Buffer;
  /** Of the partition: decides which partition of the topic it goes to. */
  readonly token: bigint;
}

export interface EventOrigin {
  readonly node: string;
  /** `segment:position` in the node's log. */
  readonly segpos: string;
  /** Hexadecimal MD5 of the whole mutation. */
  readonly digest: string;
}

/**
 * What the DataStax agent publishes of one update of a mutation: a row each, or the partition where it was deleted or only
 * its statics were written. Nothing of range deletes and counters, and nothing of the rows beside a partition delete.
 */
export function eventsOfUpdate(update: PartitionUpdate, origin: EventOrigin): readonly AgentEvent[] {
  const { table, partitionKey } = update;
  const times = writeTimesOf(update);
  if (table.isCounter || times === undefined) return [];
  const values = splitPartitionKey(partitionKey, table.partitionKey.length);
  const token = tokenOf(partitionKey);
  return rowsOf(update).flatMap(({ clustering, timeMicros = times.newestMicros }) => {
    const key = eventKey(table, values, clustering);
    if (key === undefined) return [];
    const properties = { segpos: origin.segpos, token: `${token}`, ...writeTime(timeMicros) };
    return [{ key, properties, payload: mutationValue(origin), token }];
  });
}

interface NamedRow {
  readonly clustering: readonly Buffer[] | undefined;
  /** Undefined: the newest of the whole update. */
  readonly timeMicros?: bigint;
}

function rowsOf({ table, partitionDeletion, staticRow, rows }: PartitionUpdate): readonly NamedRow[] {
  if (table.clustering.length === 0) return [{ clustering: [] }];
  if (partitionDeletion) return [{ clustering: undefined }];
  if (rows.length > 0) return rows.map((row) => ({ clustering: row.clustering, ...timeOfDeletion(row) }));
  return staticRow ? [{ clustering: undefined }] : [];
}

function timeOfDeletion({ deletion, marker, cells }: RowChange): { readonly timeMicros?: bigint } {
  return deletion && !marker && cells.length === 0 ? { timeMicros: deletion.timestampMicros } : {};
}

/** The agent takes -1 for none. */
function writeTime(timeMicros: bigint): { readonly writetime?: string } {
  return timeMicros === -1n ? {} : { writetime: `${timeMicros}` };
}

/** Columns, which are never told; digest; node. */
function mutationValue({ digest, node }: EventOrigin): Buffer {
  return Buffer.concat([avroNullable(undefined), avroNullable(avroString(digest)), avroNullable(avroString(node))]);
}

/** The agent's own rule: the token's first 16 bits, counted from zero. */
export function eventsPartitionOf(token: bigint, partitions: number): number {
  return (Number(token >> 48n) + 32_768) % partitions;
}
