import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, GetTableCommand, KeyspacesClient } from '@aws-sdk/client-keyspaces';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ControlPlane, openControlPlane } from '../../../src/adapters/keyspaces/control-plane.ts';
import { createTableInput } from '../../../src/adapters/keyspaces/create-table-input.ts';
import { defineInKeyspaces } from '../../../src/adapters/keyspaces/define-in-keyspaces.ts';
import { OperatorError, type Sentence } from '../../../src/errors.ts';
import type { DefinedTable, TargetDefinition } from '../../../src/model/target-definition.ts';
import type { AccessKey } from '../../../src/sandbox/keyspaces/access/access-key.ts';
import { aControlPlane, key } from '../../sandbox/keyspaces/control-plane/a-control-plane.ts';
import { aKeyspaceDefinition, aTableDefinition, aTypeDefinition } from '../../support/a-definition.ts';

const shop = aKeyspaceDefinition('shop');
const orders = (parts: Partial<DefinedTable> = {}) => aTableDefinition('shop', { name: 'orders', ...parts });
const heavy: DefinedTable = orders({
  columns: ['id int', 'at timestamp', 'owner text', 'to frozen<"pair">', 'note text'].map((text) => {
    const [name, ...type] = text.split(' ');
    return { name: name!, type: type.join(' ') };
  }),
  clustering: [{ name: 'at', isReversed: true }],
  statics: ['owner'],
  defaultTtlSeconds: 60,
  settings: {
    capacity: { mode: 'provisioned', readUnits: 10, writeUnits: 20 },
    warmThroughput: { readUnitsPerSecond: 15_000, writeUnitsPerSecond: 6_000 },
    pointInTimeRecovery: true,
    kmsKey: 'arn:aws:kms:eu-west-1:111122223333:key/k',
    tags: { team: 'shop' },
  },
});

async function aPlane() {
  const plane = await aControlPlane();
  const controlPlane = aClientOf(plane.server.url);
  const waits: string[] = [];
  // Whoever waits lets the clock of the service go on.
  const onWait = (reason: string) => {
    waits.push(reason);
    void plane.settle();
  };
  const define = (...definitions: TargetDefinition[]) =>
    defineInKeyspaces({ controlPlane, keyspace: 'shop', onWait, signal: undefined }, definitions);
  return { ...plane, controlPlane, waits, define };
}

const faultsOf = async (defining: Promise<void>): Promise<readonly Sentence[]> => {
  const error = await defining.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).faults;
};

describe('defining', () => {
  test('creates keyspace, type and table with every setting, and waits for each with a line', async () => {
    const { define, client, waits } = await aPlane();
    await define(shop, aTypeDefinition('shop', 'pair'), heavy);
    const table = await client.send(new GetTableCommand({ keyspaceName: 'shop', tableName: 'orders' }));
    const { tags: _, ...wanted } = createTableInput('shop', heavy);
    expect(table).toMatchObject({ ...wanted, status: 'ACTIVE' });
    expect(table).toMatchObject({ clientSideTimestamps: { status: 'ENABLED' }, ttl: { status: 'ENABLED' } });
    expect(waits).toEqual([
      'keyspace shop is CREATING, for 0 s',
      'type shop.pair is CREATING, for 0 s',
      'table shop.orders is CREATING, for 0 s',
    ]);
  });

  test('again, or where others have more warm throughput and tags of their own, changes nothing', async () => {
    const { define, state, ddl, settle } = await aPlane();
    await define(shop, aTypeDefinition('shop', 'pair'), heavy);
    const { arn } = state.table('shop', 'orders')!;
    state.tag(arn, new Map([['cost', 'them']]));
    await state.updateTable('shop', 'orders', {
      warmThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 9_000 },
    });
    await settle();
    const told = ddl.length;
    await define(shop, aTypeDefinition('shop', 'pair'), heavy);
    expect(ddl).toHaveLength(told);
  });

  test('lists every difference of every table, with the command that mends each, and changes nothing', async () => {
    const { define, state, ddl, settle } = await aPlane();
    await state.createKeyspace({ name: 'shop' });
    await settle();
    const schema = {
      columns: [
        { name: 'id', type: 'int', isStatic: false },
        { name: 'a', type: 'int', isStatic: false },
      ],
      partitionKey: ['id'],
      clustering: [],
    };
    for (const name of ['orders', 'returns']) await state.createTable({ keyspace: 'shop', name, schema });
    await settle();
    const before = [...ddl];
    const returns = aTableDefinition('shop', {
      name: 'returns',
      columns: [
        { name: 'id', type: 'int' },
        { name: 'a', type: 'int' },
      ],
    });
    const faults = await faultsOf(
      define(shop, orders({ settings: heavy.settings }), returns, aTableDefinition('shop', { name: 'new' })),
    );
    const of = (table: string) =>
      faults.filter(({ expected }) => expected.includes(`shop.${table} `)).map(({ expected }) => expected);
    expect(of('orders')).toEqual([
      'table shop.orders with columns a text, b text, id int',
      'table shop.orders with client-side timestamps ENABLED',
      'table shop.orders with TTL ENABLED',
      'table shop.orders with capacity throughputMode=PROVISIONED,readCapacityUnits=10,writeCapacityUnits=20',
      'table shop.orders with point-in-time recovery ENABLED',
      'table shop.orders with encryption type=CUSTOMER_MANAGED_KMS_KEY,kmsKeyIdentifier=arn:aws:kms:eu-west-1:111122223333:key/k',
      'table shop.orders warmed for 15000 reads and 6000 writes a second',
      'table shop.orders with tag team=shop',
    ]);
    expect(of('returns')).toEqual([
      'table shop.returns with client-side timestamps ENABLED',
      'table shop.returns with TTL ENABLED',
    ]);
    expect(faults.find(({ expected }) => expected.includes('returns with TTL'))?.next).toBe(
      'aws keyspaces update-table --keyspace-name shop --table-name returns --ttl status=ENABLED',
    );
    // One setting each: UpdateTable takes no more.
    const updates = faults.map(({ next }) => next).filter((next) => next.includes('update-table'));
    expect(updates.map((next) => next.split(' --').length - 1)).toEqual(updates.map(() => 3));
    expect(ddl).toEqual(before);
    expect(state.table('shop', 'new')).toBeUndefined();
  });

  test('waits for a table that somebody changes, and looks at it then', async () => {
    const { define, state, waits } = await aPlane();
    await define(shop, orders());
    waits.length = 0;
    await state.updateTable('shop', 'orders', { pointInTimeRecovery: true });
    const [fault] = await faultsOf(define(orders()));
    expect(waits).toEqual(['table shop.orders is UPDATING, for 0 s']);
    expect(fault).toMatchObject({
      expected: 'table shop.orders with point-in-time recovery DISABLED',
      found: 'ENABLED',
    });
  });

  test('of a type with other fields is refused', async () => {
    const { define, state, settle } = await aPlane();
    await state.createKeyspace({ name: 'shop' });
    await settle();
    await state.createType({ keyspace: 'shop', name: 'pair', fields: [{ name: 'x', type: 'int' }] });
    await settle();
    expect(await faultsOf(define(shop, aTypeDefinition('shop', 'pair')))).toMatchObject([
      { expected: 'type shop.pair with fields x int, y int', found: 'x int' },
    ]);
  });

  test('of what is being dropped is not waited for', async () => {
    const { define, state } = await aPlane();
    await define(shop, orders());
    await state.deleteTable('shop', 'orders');
    expect(await faultsOf(define(orders()))).toMatchObject([
      { expected: 'table shop.orders to become ACTIVE', found: expect.stringContaining('DELETING') },
    ]);
  });

  test('of more tables than may be in the making at once goes on as those before become usable', async () => {
    const { define, state } = await aPlane();
    const tables = Array.from({ length: 51 }, (_, number) => orders({ name: `orders_${number}` }));
    await define(shop, ...tables);
    expect(state.tables('shop').map(({ status }) => status)).toEqual(tables.map(() => 'ACTIVE'));
  });

  test('meets its own table after an answer was lost, and goes on', async () => {
    const { define, state } = await aPlane();
    const send = KeyspacesClient.prototype.send;
    const creates = vi.spyOn(KeyspacesClient.prototype, 'send').mockImplementation(async function (
      this: KeyspacesClient,
      ...sent: never[]
    ) {
      const answer = await Reflect.apply(send, this, sent);
      // What AWS's client does when the answer does not come: it asks again.
      return (sent[0] as unknown) instanceof CreateTableCommand ? Reflect.apply(send, this, sent) : answer;
    } as never);
    onTestFinished(() => creates.mockRestore());
    await define(shop, orders());
    expect(state.table('shop', 'orders')!.status).toBe('ACTIVE');
  });
});

test('a control plane that does not answer is given up in the end, not waited for without end', async () => {
  let asked = 0;
  const silent = createServer(() => void asked++).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => silent.closeAllConnections());
  const controlPlane = aClientOf(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, 20);
  await expect(controlPlane.keyspace('shop')).rejects.toMatchObject({ name: 'OperatorError' });
  expect(asked).toBeGreaterThan(1);
  silent.close();
});

describe('what the control plane refuses is told with what to do', () => {
  test.each<[string, Partial<AccessKey>, RegExp, RegExp]>([
    ['no right', { may: ['Select'] }, /AccessDeniedException.*cassandra:Create/, /grant/],
    ['a wrong secret', { secretAccessKey: 'other' }, /InvalidSignatureException/, /clock/],
  ])('%s', async (_, change, found, next) => {
    const { server } = await aControlPlane([{ ...key, ...change }]);
    const controlPlane = aClientOf(server.url);
    const parts = { controlPlane, keyspace: 'shop', onWait: () => {}, signal: undefined };
    const [fault] = await faultsOf(defineInKeyspaces(parts, [shop]));
    expect(fault!.found).toMatch(found);
    expect(fault!.next).toMatch(next);
  });
});

function aClientOf(url: string, requestTimeoutMs = 5_000): ControlPlane {
  const facts = { credentials: async () => key, certificateAuthorities: [] };
  const endpoint = { region: 'eu-west-1', controlPlane: url };
  const controlPlane = openControlPlane(endpoint, facts, requestTimeoutMs);
  onTestFinished(() => controlPlane.close());
  return controlPlane;
}
