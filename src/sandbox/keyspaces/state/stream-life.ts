import type { Realm } from './realm.ts';
import type { StreamRecord, TableRecord } from './records.ts';
import { streamArn } from './resource-arn.ts';
import type { TableSettings } from './table-settings.ts';

/** A new stream of the table, not taking changes yet. */
export function beginStream(
  realm: Realm,
  table: Pick<TableRecord, 'keyspace' | 'name'>,
  { viewType, tags = new Map() }: NonNullable<TableSettings['cdc']>,
): StreamRecord {
  const createdAtMs = realm.nowMs;
  const label = new Date(createdAtMs).toISOString().replace('Z', '');
  const arn = streamArn(realm.parts.account, table.keyspace, table.name, label);
  return { arn, label, status: 'ENABLING', viewType, tags, createdAtMs };
}

/** The table's stream on its way out; its records stay readable for a day. */
export function endStream({ stream }: TableRecord): StreamRecord | undefined {
  return stream?.status === 'DISABLED' ? stream : stream && { ...stream, status: 'DISABLING' };
}

/** What becomes of the stream when the table is ACTIVE again. */
export function settleStream({ stream }: TableRecord): { readonly stream: StreamRecord | undefined } {
  if (stream?.status === 'ENABLING') return { stream: { ...stream, status: 'ENABLED' } };
  if (stream?.status === 'DISABLING') return { stream: { ...stream, status: 'DISABLED' } };
  return { stream };
}
