import { conflict, invalid } from './keyspaces-error.ts';
import type { Realm } from './realm.ts';
import type { TableRecord } from './records.ts';
import { addTable } from './table-life.ts';
import type { TableSettings } from './table-settings.ts';
import type { Tags } from './tags.ts';

export interface Restore {
  readonly source: { readonly keyspace: string; readonly name: string };
  readonly target: { readonly keyspace: string; readonly name: string };
  /** Absent: now. */
  readonly atMs?: number;
  readonly overrides?: Partial<TableSettings>;
  readonly tags?: Tags;
}

const longestRecoveryMs = 35 * 24 * 3_600_000;

/** A new table with the definition and the settings of the other. Its rows are not brought back: Cassandra keeps no past. */
export function restoreTable(realm: Realm, { source, target, atMs, overrides, tags }: Restore): Promise<TableRecord> {
  const table = realm.table(source.keyspace, source.name);
  const earliestMs = earliestRestorableMs(table, realm.nowMs);
  if (earliestMs === undefined) throw conflict(`Point-in-time recovery of ${table.name} is not enabled.`);
  if (atMs !== undefined && (atMs < earliestMs || atMs > realm.nowMs))
    throw invalid('The restore timestamp is outside of what can be restored.');
  const settings = { ...table.settings, cdc: undefined, ...overrides };
  const wanted = { ...target, schema: table.schema, settings, ...(tags && { tags }) };
  return addTable(realm, wanted, 'RESTORING');
}

/** Undefined while point-in-time recovery is off. */
export function earliestRestorableMs({ recoverableSinceMs }: TableRecord, nowMs: number): number | undefined {
  return recoverableSinceMs === undefined ? undefined : Math.max(recoverableSinceMs, nowMs - longestRecoveryMs);
}
