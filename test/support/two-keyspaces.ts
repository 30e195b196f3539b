import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { openTargetCassandra } from '../../src/adapters/cassandra/open-target-cassandra.ts';
import { tablesOf } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import type { SourceCluster } from '../../src/ports/source-cluster.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { connectCql } from '../../src/wire/cql/connect-cql.ts';
import type { CqlRows } from '../../src/wire/cql/cql-connection.ts';

/** A keyspace on the sandbox's source and another on its target, with the same tables. */
export interface TwoKeyspaces extends AsyncDisposable {
  readonly keyspace: string;
  readonly targetKeyspace: string;
  readonly tables: readonly Table[];
  readonly source: SourceCluster;
  readonly target: TargetKeyspace;
  /** Runs CQL; `KS` stands for the keyspace of that side. */
  onSource(cql: string): Promise<CqlRows>;
  onTarget(cql: string): Promise<CqlRows>;
}

export async function openTwoKeyspaces(sandbox: Sandbox, name: string, ddl: readonly string[]): Promise<TwoKeyspaces> {
  const keyspace = `${name}_${process.pid}`;
  const targetKeyspace = `${keyspace}_moved`;
  const [source, target] = [sandbox.source[0]!, sandbox.target];
  const sourceSide = await openSide(source, keyspace, ddl);
  const targetSide = await openSide(target, targetKeyspace, ddl);
  const endpoint = (server: { address: string; cqlPort: number }) => ({
    contactPoints: [`${server.address}:${server.cqlPort}`],
    datacenter: 'datacenter1',
  });
  const cluster = await openSourceCluster(endpoint(source));
  const moved = await openTargetCassandra({ ...endpoint(target), keyspace: targetKeyspace });
  return {
    keyspace,
    targetKeyspace,
    tables: tablesOf(await cluster.schema(keyspace)),
    source: cluster,
    target: moved,
    onSource: sourceSide.ask,
    onTarget: targetSide.ask,
    async [Symbol.asyncDispose]() {
      await Promise.all([cluster.close(), moved.close()]);
      await Promise.all([sourceSide.drop(), targetSide.drop()]);
    },
  };
}

async function openSide(server: { address: string; cqlPort: number }, keyspace: string, ddl: readonly string[]) {
  const connection = await connectCql({ host: server.address, port: server.cqlPort, requestTimeoutMs: 30_000 });
  const ask = (cql: string) => connection.query(cql.replaceAll('KS', keyspace), { consistency: 'LOCAL_QUORUM' });
  await ask("CREATE KEYSPACE KS WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  for (const statement of ddl) await ask(statement);
  const drop = async () => {
    await ask('DROP KEYSPACE IF EXISTS KS');
    await connection.close();
  };
  return { ask, drop };
}
