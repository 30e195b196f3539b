import { describe, expect, test } from 'vitest';
import { invalid } from '../../../src/sandbox/keyspaces/state/keyspaces-error.ts';
import { isUsable } from '../../../src/sandbox/keyspaces/state/records.ts';
import { account, aState, delayMs, ordersSchema } from './a-state.ts';

const refusal = (name: string) => expect.objectContaining({ name: 'KeyspacesError', refusal: name });
const hourMs = 3_600_000;

describe('a keyspace', () => {
  test('is CREATING until its delay is over, and ACTIVE then', async () => {
    const { state, clock, ddl } = aState();
    await state.createKeyspace({ name: 'shop', tags: new Map([['team', 'orders']]) });
    expect(ddl).toEqual([
      `CREATE KEYSPACE IF NOT EXISTS "shop" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    ]);
    await clock.advance(delayMs - 1);
    expect(state.keyspace('shop')!.status).toBe('CREATING');
    expect(isUsable(state.keyspace('shop')!)).toBe(false);
    await clock.advance(1);
    expect(state.keyspace('shop')).toMatchObject({
      status: 'ACTIVE',
      arn: 'arn:aws:cassandra:eu-west-1:111122223333:/keyspace/shop/',
    });
  });

  test('takes no tables while it is being created', async () => {
    const { state } = aState();
    await state.createKeyspace({ name: 'shop' });
    const creating = state.createTable({ keyspace: 'shop', name: 'orders', schema: ordersSchema });
    await expect(creating).rejects.toEqual(refusal('ConflictException'));
  });

  test('is refused a second time, and with a name that is none', async () => {
    const { state } = aState();
    await state.createKeyspace({ name: 'shop' });
    await expect(state.createKeyspace({ name: 'shop' })).rejects.toEqual(refusal('ConflictException'));
    await expect(state.createKeyspace({ name: 'a-shop' })).rejects.toEqual(refusal('ValidationException'));
    await expect(state.createKeyspace({ name: 'system_auth' })).rejects.toEqual(refusal('ValidationException'));
  });

  test('takes its tables with it when it is deleted', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    await state.deleteKeyspace('shop');
    expect(state.keyspace('shop')!.status).toBe('DELETING');
    await state.deleteKeyspace('shop');
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')).toBeUndefined();
    await expect(state.deleteKeyspace('shop')).rejects.toEqual(refusal('ResourceNotFoundException'));
  });

  test('of several Regions stamps its tables, old and new', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    await state.updateKeyspace('shop', { strategy: 'MULTI_REGION', regions: ['eu-west-1', 'us-east-1'] });
    expect(state.table('shop', 'orders')!.settings.clientSideTimestamps).toBe(false);
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')!.settings.clientSideTimestamps).toBe(true);
    await state.createTable({ keyspace: 'shop', name: 'returns', schema: ordersSchema });
    expect(state.table('shop', 'returns')!.settings.clientSideTimestamps).toBe(true);
    const back = state.updateKeyspace('shop', { strategy: 'SINGLE_REGION' });
    await expect(back).rejects.toEqual(refusal('ValidationException'));
  });

  test('of several Regions names at least two, ours among them', async () => {
    const { state } = aState();
    for (const regions of [['eu-west-1'], ['us-east-1', 'us-west-2']]) {
      const creating = state.createKeyspace({ name: 'shop', replication: { strategy: 'MULTI_REGION', regions } });
      await expect(creating).rejects.toEqual(refusal('ValidationException'));
    }
  });
});

describe('a table', () => {
  test('is created on the backing cluster with its columns, keys and order, and ACTIVE after its delay', async () => {
    const { state, ddl, withTable } = aState();
    await withTable({ defaultTimeToLive: 60, comment: "the shop's" });
    expect(ddl.at(-1)).toBe(
      `CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" int, "at" timestamp, "note" text, PRIMARY KEY (("id"), "at")) WITH CLUSTERING ORDER BY ("at" DESC) AND default_time_to_live = 60 AND comment = 'the shop''s'`,
    );
    expect(state.table('shop', 'orders')).toMatchObject({ status: 'ACTIVE', settings: { ttl: true } });
  });

  test('begins on demand, with what a new table takes at once, without timestamps, TTL, recovery or stream', async () => {
    const { state, withTable } = aState();
    await withTable();
    expect(state.table('shop', 'orders')!.settings).toEqual({
      clientSideTimestamps: false,
      ttl: false,
      defaultTimeToLive: 0,
      capacity: { mode: 'PAY_PER_REQUEST' },
      warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 },
      pointInTimeRecovery: false,
      encryption: { type: 'AWS_OWNED_KMS_KEY' },
      comment: '',
      cdc: undefined,
      autoScaling: undefined,
      replicas: [],
    });
  });

  test('that the backing cluster refuses leaves nothing behind', async () => {
    const { state, clock, withTable } = aState({
      backing: {
        async execute(ddl) {
          if (ddl.includes('"orders"')) throw invalid('no such type');
        },
      },
    });
    await expect(withTable()).rejects.toEqual(refusal('ValidationException'));
    expect(state.table('shop', 'orders')).toBeUndefined();
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')).toBeUndefined();
  });

  test.each([
    [
      'a column of type duration',
      { columns: [...ordersSchema.columns, { name: 'd', type: 'duration', isStatic: false }] },
    ],
    [
      'a duration inside of a list',
      { columns: [...ordersSchema.columns, { name: 'd', type: 'list<duration>', isStatic: false }] },
    ],
    [
      'a type that nobody knows',
      { columns: [...ordersSchema.columns, { name: 'd', type: 'frozen<address>', isStatic: false }] },
    ],
    ['a key without its column', { partitionKey: ['nobody'] }],
    ['no key', { partitionKey: [] }],
    ['a column twice', { columns: [...ordersSchema.columns, ordersSchema.columns[0]!] }],
    [
      'a key column that is not frozen',
      { columns: [{ name: 'id', type: 'set<int>', isStatic: false }, ...ordersSchema.columns.slice(1)] },
    ],
    [
      'a static column without clustering',
      { clustering: [], columns: [...ordersSchema.columns, { name: 's', type: 'int', isStatic: true }] },
    ],
    [
      'a counter beside others',
      { columns: [...ordersSchema.columns, { name: 'c', type: 'counter', isStatic: false }] },
    ],
  ])('is refused with %s', async (_, change) => {
    const { state, clock } = aState();
    await state.createKeyspace({ name: 'shop' });
    await clock.advance(delayMs);
    const creating = state.createTable({ keyspace: 'shop', name: 'orders', schema: { ...ordersSchema, ...change } });
    await expect(creating).rejects.toEqual(refusal('ValidationException'));
  });

  test('is deleted only from ACTIVE; while it is DELETING a second time does no harm, and its name is taken', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    await state.updateTable('shop', 'orders', { ttl: true });
    await expect(state.deleteTable('shop', 'orders')).rejects.toEqual(refusal('ConflictException'));
    await clock.advance(delayMs);
    await state.deleteTable('shop', 'orders');
    await state.deleteTable('shop', 'orders');
    expect(isUsable(state.table('shop', 'orders')!)).toBe(false);
    const again = state.createTable({ keyspace: 'shop', name: 'orders', schema: ordersSchema });
    await expect(again).rejects.toEqual(refusal('ConflictException'));
    await clock.advance(delayMs);
    await expect(state.deleteTable('shop', 'orders')).rejects.toEqual(refusal('ResourceNotFoundException'));
  });

  test('gets columns on the backing cluster at once, and shows them when it is ACTIVE again', async () => {
    const { state, clock, ddl, withTable } = aState();
    await withTable();
    await state.addColumns('shop', 'orders', [{ name: 'tags', type: 'set<text>', isStatic: false }]);
    expect(ddl.at(-1)).toBe('ALTER TABLE "shop"."orders" ADD "tags" set<text>');
    expect(state.table('shop', 'orders')!.schema.columns).toHaveLength(3);
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')!.schema.columns).toHaveLength(4);
    const twice = state.addColumns('shop', 'orders', [{ name: 'tags', type: 'text', isStatic: false }]);
    await expect(twice).rejects.toEqual(refusal('ValidationException'));
  });

  test('is restored with its definition from one that keeps its past', async () => {
    const { state, clock, withTable } = aState();
    await withTable({ clientSideTimestamps: true });
    const restore = { source: { keyspace: 'shop', name: 'orders' }, target: { keyspace: 'shop', name: 'orders_2' } };
    await expect(state.restoreTable(restore)).rejects.toEqual(refusal('ConflictException'));
    await state.updateTable('shop', 'orders', { pointInTimeRecovery: true });
    await clock.advance(delayMs);
    const early = { ...restore, atMs: clock.nowMs() - hourMs };
    await expect(state.restoreTable(early)).rejects.toEqual(refusal('ValidationException'));
    await state.restoreTable(restore);
    expect(state.table('shop', 'orders_2')!.status).toBe('RESTORING');
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders_2')).toMatchObject({
      status: 'ACTIVE',
      settings: { clientSideTimestamps: true },
    });
  });
});

describe('a setting', () => {
  test('holds when the table is ACTIVE again; the table serves meanwhile, and takes no other change', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    await state.updateTable('shop', 'orders', { clientSideTimestamps: true });
    const updating = state.table('shop', 'orders')!;
    expect(updating).toMatchObject({ status: 'UPDATING', settings: { clientSideTimestamps: false } });
    expect(isUsable(updating)).toBe(true);
    await expect(state.updateTable('shop', 'orders', { ttl: true })).rejects.toEqual(refusal('ConflictException'));
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')).toMatchObject({ status: 'ACTIVE', settings: { clientSideTimestamps: true } });
  });

  test.each([
    ['two at once', { ttl: true, pointInTimeRecovery: true }],
    ['none', {}],
    ['client-side timestamps off', { clientSideTimestamps: false }],
    ['TTL off', { ttl: false }],
    ['a default TTL of more than twenty years', { defaultTimeToLive: 630_720_001 }],
    ['half of a unit', { capacity: { mode: 'PROVISIONED', readUnits: 1, writeUnits: 0.5 } }],
    ['a key of nobody', { encryption: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: '' } }],
    [
      'auto scaling without provisioned capacity',
      { autoScaling: { read: { autoScalingDisabled: false, minimumUnits: 1, maximumUnits: 2, targetValue: 70 } } },
    ],
    ['less warm throughput than it has', { warmThroughput: { readUnitsPerSecond: 100, writeUnitsPerSecond: 5_000 } }],
    ['the end of no stream', { cdc: null }],
  ] as const)('is refused: %s', async (_, change) => {
    const { state, withTable } = aState();
    await withTable();
    await expect(state.updateTable('shop', 'orders', change)).rejects.toEqual(refusal('ValidationException'));
    expect(state.table('shop', 'orders')!.status).toBe('ACTIVE');
  });

  test('of capacity and of its scaling is one', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    const scaling = { autoScalingDisabled: false, minimumUnits: 10, maximumUnits: 100, targetValue: 70 };
    const capacity = { mode: 'PROVISIONED', readUnits: 20, writeUnits: 20 } as const;
    await state.updateTable('shop', 'orders', { capacity, autoScaling: { read: scaling, write: scaling } });
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')).toMatchObject({ settings: { capacity }, onDemandSinceMs: undefined });
  });

  test('default TTL enables TTL, and zero does not disable it', async () => {
    const { state, clock, ddl, withTable } = aState();
    await withTable();
    for (const defaultTimeToLive of [60, 0]) {
      await state.updateTable('shop', 'orders', { defaultTimeToLive });
      await clock.advance(delayMs);
      expect(ddl.at(-1)).toContain(`default_time_to_live = ${defaultTimeToLive}`);
      expect(state.table('shop', 'orders')!.settings).toMatchObject({ defaultTimeToLive, ttl: true });
    }
  });

  test('cdc begins a stream and ends it; a new one has another label', async () => {
    const { state, clock, withTable } = aState();
    await withTable({ cdc: { viewType: 'NEW_IMAGE' } });
    const first = state.table('shop', 'orders')!.stream!;
    expect(first).toMatchObject({ status: 'ENABLED', viewType: 'NEW_IMAGE' });
    await expect(state.updateTable('shop', 'orders', { cdc: { viewType: 'KEYS_ONLY' } })).rejects.toEqual(
      refusal('ValidationException'),
    );
    await state.updateTable('shop', 'orders', { cdc: null });
    expect(state.table('shop', 'orders')!.stream!.status).toBe('DISABLING');
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')!.stream).toEqual({ ...first, status: 'DISABLED' });
    await state.updateTable('shop', 'orders', { cdc: { viewType: 'KEYS_ONLY' } });
    await clock.advance(delayMs);
    expect(state.table('shop', 'orders')!.stream).toMatchObject({ status: 'ENABLED', viewType: 'KEYS_ONLY' });
    expect(state.table('shop', 'orders')!.stream!.label).not.toBe(first.label);
  });
});

describe('a quota', () => {
  test('of tables is over the whole Region', async () => {
    const { state, clock, withTable } = aState({ quotas: { tables: 1 } });
    await withTable();
    await state.createKeyspace({ name: 'other' });
    await clock.advance(delayMs);
    const second = state.createTable({ keyspace: 'other', name: 'orders', schema: ordersSchema });
    await expect(second).rejects.toEqual(refusal('ServiceQuotaExceededException'));
  });

  test('of concurrent DDL counts what is not done yet', async () => {
    const { state, clock } = aState({ quotas: { concurrentDdl: 2 } });
    await state.createKeyspace({ name: 'a' });
    await state.createKeyspace({ name: 'b' });
    await expect(state.createKeyspace({ name: 'c' })).rejects.toEqual(refusal('ServiceQuotaExceededException'));
    await clock.advance(delayMs);
    await state.createKeyspace({ name: 'c' });
  });

  test('of throughput holds for one table and for all', async () => {
    const { state, clock, withTable } = aState({ quotas: { unitsPerTable: 100_000, unitsPerAccount: 150_000 } });
    const provisioned = (writeUnits: number) => ({
      capacity: { mode: 'PROVISIONED', readUnits: 1, writeUnits } as const,
    });
    await withTable(provisioned(100_000));
    const create = (name: string, writeUnits: number) =>
      state.createTable({ keyspace: 'shop', name, schema: ordersSchema, settings: provisioned(writeUnits) });
    await expect(create('too_much_alone', 100_001)).rejects.toEqual(refusal('ServiceQuotaExceededException'));
    await expect(create('too_much_together', 50_001)).rejects.toEqual(refusal('ServiceQuotaExceededException'));
    await create('just_right', 50_000);
    await clock.advance(delayMs);
  });

  test('of capacity mode is one switch in 24 hours', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    const change = async (
      capacity: { mode: 'PAY_PER_REQUEST' } | { mode: 'PROVISIONED'; readUnits: number; writeUnits: number },
    ) => {
      await state.updateTable('shop', 'orders', { capacity });
      await clock.advance(delayMs);
    };
    await change({ mode: 'PROVISIONED', readUnits: 10, writeUnits: 10 });
    await expect(change({ mode: 'PAY_PER_REQUEST' })).rejects.toEqual(refusal('ServiceQuotaExceededException'));
    await clock.advance(24 * hourMs);
    await change({ mode: 'PAY_PER_REQUEST' });
  });

  test('of decreases is four a day, and one more in each hour without one', async () => {
    const { state, clock, withTable } = aState();
    await withTable({ capacity: { mode: 'PROVISIONED', readUnits: 10, writeUnits: 10 } });
    const lower = async (writeUnits: number) => {
      await state.updateTable('shop', 'orders', { capacity: { mode: 'PROVISIONED', readUnits: 10, writeUnits } });
      await clock.advance(delayMs);
    };
    for (const writeUnits of [9, 8, 7, 6]) await lower(writeUnits);
    await expect(lower(5)).rejects.toEqual(refusal('ServiceQuotaExceededException'));
    await clock.advance(hourMs);
    await lower(5);
    await expect(lower(4)).rejects.toEqual(refusal('ServiceQuotaExceededException'));
  });
});

describe('a type', () => {
  test('is known to tables when it is ACTIVE, and stays while one uses it', async () => {
    const { state, clock, ddl, withTable } = aState();
    await withTable();
    const address = { keyspace: 'shop', name: 'address', fields: [{ name: 'street', type: 'text' }] };
    await state.createType(address);
    expect(ddl.at(-1)).toBe('CREATE TYPE IF NOT EXISTS "shop"."address" ("street" text)');
    const columns = [{ name: 'to', type: 'frozen<address>', isStatic: false }];
    await expect(state.addColumns('shop', 'orders', columns)).rejects.toEqual(refusal('ValidationException'));
    await clock.advance(delayMs);
    await state.addColumns('shop', 'orders', columns);
    await state.createType({ keyspace: 'shop', name: 'person', fields: [{ name: 'home', type: 'frozen<address>' }] });
    await clock.advance(delayMs);
    expect(state.typeUse('shop', 'address')).toEqual({
      referringTables: ['orders'],
      parentTypes: ['person'],
      nestingDepth: 0,
    });
    expect(state.typeUse('shop', 'person').nestingDepth).toBe(1);
    await expect(state.deleteType('shop', 'address')).rejects.toEqual(refusal('ConflictException'));
    await state.deleteType('shop', 'person');
    expect(state.type('shop', 'person')!.status).toBe('DELETING');
    await clock.advance(delayMs);
    expect(state.types('shop').map(({ name }) => name)).toEqual(['address']);
  });

  test('nests eight deep at most', async () => {
    const { state, clock, withTable } = aState();
    await withTable();
    let inner = 'int';
    for (let depth = 1; depth <= 8; depth++) {
      await state.createType({ keyspace: 'shop', name: `t${depth}`, fields: [{ name: 'f', type: inner }] });
      await clock.advance(delayMs);
      inner = `frozen<t${depth}>`;
    }
    const ninth = state.createType({ keyspace: 'shop', name: 't9', fields: [{ name: 'f', type: inner }] });
    await expect(ninth).rejects.toEqual(refusal('ValidationException'));
  });
});

describe('tags', () => {
  test('are kept by ARN, for keyspaces and tables', async () => {
    const { state, withTable } = aState();
    await withTable();
    for (const { arn } of [state.keyspace('shop')!, state.table('shop', 'orders')!]) {
      state.tag(
        arn,
        new Map([
          ['team', 'a'],
          ['stage', 'test'],
        ]),
      );
      state.tag(arn, new Map([['team', 'b']]));
      state.untag(arn, ['stage']);
      expect([...state.tagsOf(arn)]).toEqual([['team', 'b']]);
    }
  });

  test('of others are refused', async () => {
    const { state, withTable } = aState();
    await withTable();
    const { arn } = state.keyspace('shop')!;
    expect(() => state.tagsOf(arn.replace(account.accountId, '999999999999'))).toThrow(refusal('ValidationException'));
    expect(() => state.tagsOf(arn.replace('shop', 'nobody'))).toThrow(refusal('ResourceNotFoundException'));
    expect(() => state.tag(arn, new Map([['aws:x', 'y']]))).toThrow(refusal('ValidationException'));
    const many = new Map(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'v']));
    expect(() => state.tag(arn, many)).toThrow(refusal('ServiceQuotaExceededException'));
  });
});

test('who listens hears of every change of status', async () => {
  const { state, clock, withTable } = aState();
  const heard: string[] = [];
  const stop = state.subscribe(({ kind, name, status }) => heard.push(`${kind} ${name ?? ''} ${status}`));
  await withTable();
  await state.deleteTable('shop', 'orders');
  await clock.advance(delayMs);
  stop();
  await state.createKeyspace({ name: 'quiet' });
  expect(heard).toEqual([
    'keyspace  CREATING',
    'keyspace  ACTIVE',
    'table orders CREATING',
    'table orders ACTIVE',
    'table orders DELETING',
    'table orders GONE',
  ]);
});

test('close leaves what is being created as it is', async () => {
  const { state, clock } = aState();
  await state.createKeyspace({ name: 'shop' });
  await state.close();
  await clock.advance(delayMs);
  expect(state.keyspace('shop')!.status).toBe('CREATING');
});
