import type { NodeSettings } from '../../ports/source-cluster.ts';
import { CqlServerError } from '../../wire/cql/errors.ts';
import { measureClockSkew } from './clock-skew.ts';
import { decodeBigint, decodeInt, decodeText, decodeUuid } from './decode-cell.ts';
import { type Asker, type NamedRow, queryRows } from './query-rows.ts';

/** What one node tells of itself. `connection` must be a connection to that node. */
export async function readNodeSettings(connection: Asker, signal?: AbortSignal): Promise<NodeSettings> {
  const ask = (cql: string) => rowsIfKnown(connection, cql, signal);
  const [local] = await queryRows(connection, 'SELECT host_id FROM system.local', { ...(signal && { signal }) });
  const settings = settingsOf(await ask('SELECT name, value FROM system_views.settings'));
  const hints = await ask('SELECT files FROM system_views.pending_hints');
  const batches = await ask('SELECT count(*) AS count FROM system.batches');
  return {
    hostId: decodeUuid(local!.host_id!),
    cdcEnabled: settings && settings.get('cdc_enabled') === 'true',
    // Every version has the name of 4.0, beside its own.
    cdcTotalBytes: bytesOf(settings?.get('cdc_total_space_in_mb')),
    cdcBlocksWrites: settings?.get('cdc_block_writes') !== 'false',
    isCommitLogEncrypted: settings && settings.get('transparent_data_encryption_options_enabled') === 'true',
    // Null where segments are not compressed.
    commitLogCompression: settings && compressionOf(settings),
    commitLogAccess: settings?.get('commitlog_disk_access_mode'),
    commitLogDirectory: settings?.get('commitlog_directory'),
    cdcRawDirectory: settings?.get('cdc_raw_directory'),
    pendingHints: hints?.reduce((sum, row) => sum + (row.files ? decodeInt(row.files) : 0), 0),
    pendingBatches: batches && Number(decodeBigint(batches[0]!.count!)),
    clockSkewMicros: await measureClockSkew(connection, signal),
  };
}

/** Undefined where the node tells no size that it could mean. */
function bytesOf(megabytes: string | undefined): number | undefined {
  const bytes = Number(megabytes) * 2 ** 20;
  return bytes > 0 ? bytes : undefined;
}

/** 5.0 tells the class apart from its parameters, 4.x both in one. */
function compressionOf(settings: ReadonlyMap<string, string>): string {
  return settings.get('commitlog_compression.class_name') ?? settings.get('commitlog_compression') ?? 'none';
}

/** Undefined where this version has no such table. */
async function rowsIfKnown(
  connection: Asker,
  cql: string,
  signal?: AbortSignal,
): Promise<readonly NamedRow[] | undefined> {
  try {
    return await queryRows(connection, cql, { ...(signal && { signal }) });
  } catch (error) {
    if (error instanceof CqlServerError && error.codeName === 'INVALID') return undefined;
    throw error;
  }
}

function settingsOf(rows: readonly NamedRow[] | undefined): ReadonlyMap<string, string> | undefined {
  const known = rows?.filter((row) => row.value && !['null', ''].includes(decodeText(row.value)));
  return known && new Map(known.map((row) => [decodeText(row.name!), decodeText(row.value!)]));
}
