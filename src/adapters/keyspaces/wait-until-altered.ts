import { decodeText } from '../cassandra/decode-cell.ts';
import { type Asker, queryRows } from '../cassandra/query-rows.ts';
import { type WaitParts, waitUntilActive } from './wait-until-active.ts';

/**
 * After a definition that was sent by CQL, which answers before it holds: until then a column is not there to be written, and the
 * next definition is refused. Returns when no table and no type of the keyspace is on its way any more.
 */
export function waitUntilAltered(asker: Asker, keyspace: string, parts: WaitParts): Promise<void> {
  const options = { values: [Buffer.from(keyspace)], ...(parts.signal && { signal: parts.signal }) };
  const statusesIn = async (table: string) => {
    const cql = `SELECT keyspace_name, status FROM system_schema_mcs.${table} WHERE keyspace_name = ?`;
    return (await queryRows(asker, cql, options)).map(({ status }) => status && decodeText(status));
  };
  return waitUntilActive(parts, `a table or type of ${keyspace}`, async () => {
    const statuses = [...(await statusesIn('tables')), ...(await statusesIn('types'))];
    return statuses.find((status) => status === 'UPDATING' || status === 'CREATING') ?? 'ACTIVE';
  });
}
