import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openTargetCassandra } from '../../src/adapters/cassandra/open-target-cassandra.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { hiddenColumns } from '../../src/checks/target-checks.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { createKeyspace, dropKeyspace, openTwoSides, type TwoSides } from '../scenarios/operator/two-sides.ts';
import { aTable } from '../support/a-table.ts';

const own = `hidden_${process.pid}`;
const clock = systemClock();
let sides: TwoSides;

beforeAll(async () => {
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.target, own, ['CREATE TABLE KS.orders (id int PRIMARY KEY, name text, note text)']);
});
afterAll(async () => {
  await dropKeyspace(sides.target, own);
  await sides[Symbol.asyncDispose]();
});

test('what is copied into a column that was dropped and added again is confirmed and lost; the check says so before', async () => {
  expect(await ask()).toEqual([]);
  await onTarget('ALTER TABLE KS.orders DROP name');
  await onTarget('ALTER TABLE KS.orders ADD name text');
  expect(await ask()).toMatchObject([
    { severity: 'fault', expected: expect.stringContaining('column name of orders') },
  ]);

  const floor = floorOf(clock.nowMicros(), keyspacesWindow);
  await onTarget(`INSERT INTO KS.orders (id, name, note) VALUES (1, 'copied', 'kept') USING TIMESTAMP ${floor}`);
  // A change of the schema writes the table's memory to disk.
  await onTarget('ALTER TABLE KS.orders ADD other int');
  const [row] = (await onTarget('SELECT name, note FROM KS.orders')).rows;
  expect([row!.get('name'), row!.get('note')]).toEqual([null, 'kept']);
});

async function ask() {
  const { address, cqlPort, datacenter } = inject('sandbox').target;
  const target = await openTargetCassandra({ contactPoints: [`${address}:${cqlPort}`], datacenter, keyspace: own });
  try {
    const asked = { target, clock, tables: [aTable({ name: 'orders' })], config: { window: keyspacesWindow } };
    return await hiddenColumns.ask(asked as unknown as CheckContext);
  } finally {
    await target.close();
  }
}

function onTarget(cql: string) {
  return sides.target.execute(cql.replaceAll('KS', own), [], { prepare: false });
}
