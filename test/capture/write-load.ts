import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';

/** One write and when its writer was told that it is done. */
export interface Written {
  /** Its own, so that it can be recognised in the log. */
  readonly timestampMicros: bigint;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

export function loadTables(keyspace: string, options = ''): readonly string[] {
  return [
    `CREATE TABLE ${keyspace}.plain (pk int, ck int, v text, n bigint, PRIMARY KEY (pk, ck)) ${options}`,
    `CREATE TABLE ${keyspace}.rich (pk int PRIMARY KEY, tags set<text>, notes map<text, text>, filler text) ${options}`,
  ];
}

/**
 * Writes rows of several kinds: inserts, updates, deletes of cells, rows and ranges, collections, TTL, and batches of two tables
 * that share a partition key and so a record.
 */
export async function writeLoad(pool: CqlPool, keyspace: string, count: number): Promise<readonly Written[]> {
  const written: Written[] = [];
  const startMicros = BigInt(Date.now()) * 1000n;
  let next = 0;
  const writer = async () => {
    for (let index = next++; index < count; index = next++) {
      const [timestampMicros, sentMs] = [startMicros + BigInt(index), Date.now()];
      await pool.query(statement(keyspace, index, timestampMicros), { consistency: 'ONE' });
      written.push({ timestampMicros, sentMs, acknowledgedMs: Date.now() });
      // A load that a small machine carries beside the agent, and that lasts long enough to be interrupted.
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  return written;
}

const filler = 'x'.repeat(3_000);

function statement(keyspace: string, index: number, timestamp: bigint): string {
  const [pk, ck] = [index % 97, index % 13];
  const at = `USING TIMESTAMP ${timestamp}`;
  const insertPlain = `INSERT INTO ${keyspace}.plain (pk, ck, v, n) VALUES (${pk}, ${ck}, 'v${index}', ${index})`;
  const kinds = [
    `${insertPlain} ${at}`,
    `UPDATE ${keyspace}.plain ${at} SET v = 'u${index}' WHERE pk = ${pk} AND ck = ${ck}`,
    `INSERT INTO ${keyspace}.rich (pk, tags, filler) VALUES (${pk}, {'t${index}'}, '${filler}') ${at} AND TTL 86400`,
    `DELETE n FROM ${keyspace}.plain ${at} WHERE pk = ${pk} AND ck = ${ck}`,
    `BEGIN BATCH ${at} ${insertPlain}; UPDATE ${keyspace}.rich SET notes['k${index}'] = 'w' WHERE pk = ${pk}; APPLY BATCH`,
    `DELETE FROM ${keyspace}.plain ${at} WHERE pk = ${pk} AND ck = ${ck}`,
    `UPDATE ${keyspace}.rich ${at} SET tags = tags + {'s${index}'}, filler = '${filler}' WHERE pk = ${pk}`,
    `${insertPlain} ${at}`,
    `${insertPlain} ${at}`,
    `DELETE FROM ${keyspace}.plain ${at} WHERE pk = ${pk} AND ck > ${ck}`,
  ];
  return kinds[index % kinds.length]!;
}
