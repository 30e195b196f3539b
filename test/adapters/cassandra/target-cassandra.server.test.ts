import { afterAll, expect, test } from 'vitest';
import { openTargetCassandra } from '../../../src/adapters/cassandra/open-target-cassandra.ts';
import { targetKeyspaceContract } from '../../ports/target-keyspace-contract.ts';
import { aKeyspaceDefinition, aTableDefinition } from '../../support/a-definition.ts';
import { createKeyspace, rawPool, run, targetEndpoint } from './sandbox-cluster.ts';

const opened: string[] = [];

targetKeyspaceContract('a keyspace of a Cassandra', (keyspace) => {
  opened.push(keyspace);
  return openTargetCassandra({ ...targetEndpoint(), keyspace });
});

test('a table that is there is let be, whatever its statement says', async () => {
  const pool = rawPool(targetEndpoint());
  const keyspace = await createKeyspace(pool);
  opened.push(keyspace);
  await run(pool, `CREATE TABLE ${keyspace}.t (id int PRIMARY KEY)`);
  const target = await openTargetCassandra({ ...targetEndpoint(), keyspace });
  const unwanted = { ...aKeyspaceDefinition(keyspace), cql: 'nonsense' };
  await target.define([unwanted, aTableDefinition(keyspace, { cql: 'nonsense' })]);
  expect((await target.schema()).columns.map(({ column }) => column)).toEqual(['id']);
  await target.close();
  await pool.close();
});

afterAll(async () => {
  const pool = rawPool(targetEndpoint());
  for (const keyspace of opened) await run(pool, `DROP KEYSPACE IF EXISTS ${keyspace}`);
  await pool.close();
});
