import { qualifiedName, type Table } from '../../model/table.ts';
import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { decodeBoolean } from './decode-cell.ts';
import { queryRows } from './query-rows.ts';
import { waitForSchemaAgreement } from './schema-agreement.ts';

/** The table's cdc option. */
export async function readCdc(pool: CqlPool, table: Table, signal?: AbortSignal): Promise<boolean> {
  const cql = 'SELECT cdc FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?';
  const values = [Buffer.from(table.keyspace), Buffer.from(table.name)];
  const [row] = await queryRows(pool, cql, { values, ...(signal && { signal }) });
  return row?.cdc ? decodeBoolean(row.cdc) : false;
}

/** Sets it and waits until every node knows. */
export async function alterCdc(pool: CqlPool, table: Table, isOn: boolean, signal?: AbortSignal): Promise<void> {
  const cql = `ALTER TABLE ${qualifiedName(table)} WITH cdc = ${isOn}`;
  await pool.query(cql, { consistency: 'LOCAL_QUORUM', ...(signal && { signal }) });
  await waitForSchemaAgreement(pool, signal);
}
