/** The cheapest copy as a process of its own, measured as its peers are. Arguments: table, source, target, keyspace, its copy. */
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { copyRaw, openBenchPool } from '../support/bench-keyspace.ts';
import { benchTables } from '../support/bench-tables.ts';

const [name, source, target, keyspace, copy] = process.argv.slice(2);
const table = benchTables({}).find((one) => one.name === name)!;
const sides = {
  source: { pool: openBenchPool(placeOf(source!)), keyspace: keyspace! },
  target: { pool: openBenchPool(placeOf(target!)), keyspace: copy! },
};
await copyRaw(table, sides, floorOf(BigInt(Date.now()) * 1000n, keyspacesWindow));
await Promise.all([sides.source.pool.close(), sides.target.pool.close()]);

function placeOf(text: string) {
  const [address, port] = text.split(':');
  return { address: address!, cqlPort: Number(port) };
}
