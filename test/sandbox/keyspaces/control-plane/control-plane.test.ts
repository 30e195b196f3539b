import {
  CreateKeyspaceCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  CreateTypeCommand,
  DeleteKeyspaceCommand,
  DeleteTableCommand,
  DeleteTypeCommand,
  GetKeyspaceCommand,
  GetTableAutoScalingSettingsCommand,
  GetTableCommand,
  GetTypeCommand,
  ListKeyspacesCommand,
  ListTablesCommand,
  ListTagsForResourceCommand,
  ListTypesCommand,
  paginateListTables,
  ResourceNotFoundException,
  RestoreTableCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyspaceCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-keyspaces';
import { describe, expect, test } from 'vitest';
import { controlPlane } from '../../../../src/sandbox/keyspaces/control-plane/control-plane.ts';
import { aState } from '../a-state.ts';
import { aControlPlane, key, type ServedState } from './a-control-plane.ts';

const orders = { keyspaceName: 'shop', tableName: 'orders' };
const arn = 'arn:aws:cassandra:eu-west-1:111122223333:/keyspace/shop/';
const newTable: CreateTableCommandInput = {
  ...orders,
  schemaDefinition: {
    allColumns: [
      { name: 'id', type: 'int' },
      { name: 'at', type: 'timestamp' },
      { name: 'owner', type: 'text' },
      { name: 'note', type: 'text' },
    ],
    partitionKeys: [{ name: 'id' }],
    clusteringKeys: [{ name: 'at', orderBy: 'DESC' }],
    staticColumns: [{ name: 'owner' }],
  },
};

async function withKeyspace(): Promise<ServedState> {
  const plane = await aControlPlane();
  await plane.client.send(new CreateKeyspaceCommand({ keyspaceName: 'shop' }));
  await plane.settle();
  return plane;
}

async function withTable(more: Partial<CreateTableCommandInput> = {}): Promise<ServedState> {
  const plane = await withKeyspace();
  await plane.client.send(new CreateTableCommand({ ...newTable, ...more }));
  await plane.settle();
  return plane;
}

test('all 19 operations of the API are there', () => {
  expect(Object.keys(controlPlane(aState().state).operations)).toHaveLength(19);
});

describe('keyspaces', () => {
  test('are created, looked at, listed beside those of the system, and deleted', async () => {
    const { client, settle } = await aControlPlane();
    const created = await client.send(new CreateKeyspaceCommand({ keyspaceName: 'shop' }));
    expect(created.resourceArn).toBe(arn);
    const get = () => client.send(new GetKeyspaceCommand({ keyspaceName: 'shop' }));
    expect((await get()).replicationGroupStatuses).toEqual([{ region: 'eu-west-1', keyspaceStatus: 'CREATING' }]);
    await settle();
    expect(await get()).toMatchObject({
      keyspaceName: 'shop',
      resourceArn: arn,
      replicationStrategy: 'SINGLE_REGION',
      replicationRegions: ['eu-west-1'],
      replicationGroupStatuses: [{ region: 'eu-west-1', keyspaceStatus: 'ACTIVE' }],
    });
    const { keyspaces } = await client.send(new ListKeyspacesCommand({}));
    expect(keyspaces!.map(({ keyspaceName }) => keyspaceName)).toEqual([
      'shop',
      'system',
      'system_multiregion_info',
      'system_schema',
      'system_schema_mcs',
    ]);
    await client.send(new DeleteKeyspaceCommand({ keyspaceName: 'shop' }));
    await settle();
    await expect(get()).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test('get Regions, and their tables timestamps with them', async () => {
    const { client, settle } = await withTable();
    const replicationSpecification = {
      replicationStrategy: 'MULTI_REGION' as const,
      regionList: ['eu-west-1', 'us-east-1'],
    };
    const update = { keyspaceName: 'shop', replicationSpecification };
    await expect(client.send(new UpdateKeyspaceCommand(update))).rejects.toThrow(/clientSideTimestamps/);
    await client.send(new UpdateKeyspaceCommand({ ...update, clientSideTimestamps: { status: 'ENABLED' } }));
    await settle();
    expect(await client.send(new GetTableCommand(orders))).toMatchObject({
      clientSideTimestamps: { status: 'ENABLED' },
      replicaSpecifications: [
        { region: 'eu-west-1', status: 'ACTIVE', capacitySpecification: { throughputMode: 'PAY_PER_REQUEST' } },
        { region: 'us-east-1', status: 'ACTIVE' },
      ],
    });
  });
});

describe('tables', () => {
  test('are created with everything that the API can set, and say so', async () => {
    const { client, clock } = await withTable({
      comment: { message: 'what was bought' },
      capacitySpecification: { throughputMode: 'PROVISIONED', readCapacityUnits: 10, writeCapacityUnits: 20 },
      encryptionSpecification: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: 'arn:aws:kms:eu-west-1:1:key/k' },
      pointInTimeRecovery: { status: 'ENABLED' },
      ttl: { status: 'ENABLED' },
      defaultTimeToLive: 86_400,
      tags: [{ key: 'team', value: 'shop' }],
      clientSideTimestamps: { status: 'ENABLED' },
      autoScalingSpecification: {
        writeCapacityAutoScaling: {
          minimumUnits: 10,
          maximumUnits: 100,
          scalingPolicy: { targetTrackingScalingPolicyConfiguration: { targetValue: 70, scaleInCooldown: 60 } },
        },
      },
      cdcSpecification: { status: 'ENABLED', viewType: 'NEW_IMAGE', propagateTags: 'TABLE' },
      warmThroughputSpecification: { writeUnitsPerSecond: 10_000 },
    });
    const createdAt = new Date(clock.nowMs() - 100);
    const table = await client.send(new GetTableCommand(orders));
    expect(table).toMatchObject({
      ...newTable,
      resourceArn: `${arn}table/orders`,
      creationTimestamp: createdAt,
      status: 'ACTIVE',
      comment: { message: 'what was bought' },
      capacitySpecification: { throughputMode: 'PROVISIONED', readCapacityUnits: 10, writeCapacityUnits: 20 },
      encryptionSpecification: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: 'arn:aws:kms:eu-west-1:1:key/k' },
      pointInTimeRecovery: { status: 'ENABLED', earliestRestorableTimestamp: createdAt },
      ttl: { status: 'ENABLED' },
      defaultTimeToLive: 86_400,
      clientSideTimestamps: { status: 'ENABLED' },
      cdcSpecification: { status: 'ENABLED', viewType: 'NEW_IMAGE' },
      latestStreamArn: `${arn}table/orders/stream/${createdAt.toISOString().slice(0, -1)}`,
      warmThroughputSpecification: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 10_000, status: 'AVAILABLE' },
    });
    const tagsOf = async (resourceArn: string) =>
      (await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
    expect(await tagsOf(table.resourceArn!)).toEqual([{ key: 'team', value: 'shop' }]);
    expect(await tagsOf(table.latestStreamArn!)).toEqual([{ key: 'team', value: 'shop' }]);
    expect(await client.send(new GetTableAutoScalingSettingsCommand(orders))).toMatchObject({
      autoScalingSpecification: {
        writeCapacityAutoScaling: {
          autoScalingDisabled: false,
          minimumUnits: 10,
          maximumUnits: 100,
          scalingPolicy: { targetTrackingScalingPolicyConfiguration: { targetValue: 70, scaleInCooldown: 60 } },
        },
      },
    });
  });

  test('say only what was asked for of what is off', async () => {
    const { client } = await withTable();
    const table = await client.send(new GetTableCommand(orders));
    expect(table.ttl).toBeUndefined();
    expect(table.clientSideTimestamps).toBeUndefined();
    expect(table.cdcSpecification).toBeUndefined();
    expect(table.pointInTimeRecovery).toEqual({ status: 'DISABLED' });
    expect(table.capacitySpecification!.lastUpdateToPayPerRequestTimestamp).toEqual(table.creationTimestamp);
  });

  test.each([
    ['columns', { addColumns: [{ name: 'tags', type: 'set<text>' }] }],
    [
      'capacity',
      { capacitySpecification: { throughputMode: 'PROVISIONED', readCapacityUnits: 1, writeCapacityUnits: 2 } },
    ],
    [
      'encryption',
      { encryptionSpecification: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: 'arn:aws:kms:k' } },
    ],
    ['recovery', { pointInTimeRecovery: { status: 'ENABLED' } }],
    ['TTL', { ttl: { status: 'ENABLED' } }],
    ['a default TTL', { defaultTimeToLive: 60 }],
    ['timestamps', { clientSideTimestamps: { status: 'ENABLED' } }],
    ['a stream', { cdcSpecification: { status: 'ENABLED', viewType: 'KEYS_ONLY' } }],
    ['warm throughput', { warmThroughputSpecification: { readUnitsPerSecond: 20_000 } }],
  ] as const)('get %s, one setting an update, while they are UPDATING', async (_, change) => {
    const { client, settle } = await withTable();
    await client.send(new UpdateTableCommand({ ...orders, ...change } as never));
    expect((await client.send(new GetTableCommand(orders))).status).toBe('UPDATING');
    await settle();
    const table = await client.send(new GetTableCommand(orders));
    const { addColumns, ...shown } = change as Record<string, unknown>;
    expect(table).toMatchObject({ status: 'ACTIVE', ...shown });
    if (addColumns) expect(table.schemaDefinition!.allColumns).toContainEqual({ name: 'tags', type: 'set<text>' });
  });

  test.each([
    ['two settings', { ttl: { status: 'ENABLED' }, pointInTimeRecovery: { status: 'ENABLED' } }],
    ['a setting beside columns', { ttl: { status: 'ENABLED' }, addColumns: [{ name: 'c', type: 'int' }] }],
    ['nothing', {}],
    ['the end of TTL', { ttl: { status: 'DISABLED' } }],
    ['the end of timestamps', { clientSideTimestamps: { status: 'DISABLED' } }],
    ['a default TTL below zero', { defaultTimeToLive: -1 }],
  ])('refuse an update with %s', async (_, change) => {
    const { client } = await withTable();
    const update = client.send(new UpdateTableCommand({ ...orders, ...change } as never));
    await expect(update).rejects.toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
  });

  test('are listed page by page, also while others come and go', async () => {
    const { client, state, settle } = await withKeyspace();
    for (const tableName of ['e', 'b', 'd', 'a', 'c']) {
      await client.send(new CreateTableCommand({ ...newTable, tableName }));
      await settle();
    }
    const names: string[] = [];
    for await (const page of paginateListTables({ client, pageSize: 2 }, { keyspaceName: 'shop' })) {
      names.push(...page.tables!.map(({ tableName }) => tableName!));
      expect(page.tables!.length).toBeLessThanOrEqual(2);
      if (names.length === 2) {
        await state.deleteTable('shop', 'b');
        await settle();
      }
    }
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each(['nonsense', Buffer.from('["keyspaces","a"]').toString('base64url')])(
    'refuse a page token that is not of their list: %s',
    async (nextToken) => {
      const { client } = await withKeyspace();
      const list = client.send(new ListTablesCommand({ keyspaceName: 'shop', nextToken }));
      await expect(list).rejects.toMatchObject({ name: 'ValidationException' });
    },
  );

  test('are restored under another name, with what the request overrides', async () => {
    const { client, settle } = await withTable({
      pointInTimeRecovery: { status: 'ENABLED' },
      ttl: { status: 'ENABLED' },
    });
    const restored = await client.send(
      new RestoreTableCommand({
        ...{
          sourceKeyspaceName: 'shop',
          sourceTableName: 'orders',
          targetKeyspaceName: 'shop',
          targetTableName: 'again',
        },
        capacitySpecificationOverride: { throughputMode: 'PROVISIONED', readCapacityUnits: 3, writeCapacityUnits: 3 },
        tagsOverride: [{ key: 'from', value: 'orders' }],
      }),
    );
    expect(restored.restoredTableARN).toBe(`${arn}table/again`);
    const get = () => client.send(new GetTableCommand({ keyspaceName: 'shop', tableName: 'again' }));
    expect((await get()).status).toBe('RESTORING');
    await settle();
    expect(await get()).toMatchObject({
      status: 'ACTIVE',
      ttl: { status: 'ENABLED' },
      capacitySpecification: { throughputMode: 'PROVISIONED', readCapacityUnits: 3 },
    });
  });

  test('are deleted, once or twice, from ACTIVE only', async () => {
    const { client, settle } = await withKeyspace();
    const remove = () => client.send(new DeleteTableCommand(orders));
    await client.send(new CreateTableCommand(newTable));
    await expect(remove()).rejects.toMatchObject({ name: 'ConflictException' });
    await settle();
    await remove();
    await remove();
    await settle();
    await expect(remove()).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceArn: `${arn}table/orders`,
    });
  });
});

test('types are created, looked at with who uses them, listed, and deleted when nobody does', async () => {
  const { client, settle } = await withTable();
  const address = { keyspaceName: 'shop', typeName: 'address' };
  const fieldDefinitions = [{ name: 'street', type: 'text' }];
  expect(await client.send(new CreateTypeCommand({ ...address, fieldDefinitions }))).toMatchObject({
    keyspaceArn: arn,
    typeName: 'address',
  });
  await settle();
  await client.send(new UpdateTableCommand({ ...orders, addColumns: [{ name: 'to', type: 'frozen<address>' }] }));
  await settle();
  expect(await client.send(new GetTypeCommand(address))).toMatchObject({
    ...address,
    fieldDefinitions,
    status: 'ACTIVE',
    directReferringTables: ['orders'],
    directParentTypes: [],
    maxNestingDepth: 0,
    keyspaceArn: arn,
    lastModifiedTimestamp: expect.any(Date),
  });
  await expect(client.send(new DeleteTypeCommand(address))).rejects.toMatchObject({ name: 'ConflictException' });
  await client.send(new DeleteTableCommand(orders));
  await settle();
  expect((await client.send(new ListTypesCommand({ keyspaceName: 'shop' }))).types).toEqual(['address']);
  await client.send(new DeleteTypeCommand(address));
  await settle();
  expect((await client.send(new ListTypesCommand({ keyspaceName: 'shop' }))).types).toEqual([]);
});

test('resources are tagged and untagged, and their tags come in pages', async () => {
  const { client } = await withTable();
  const resourceArn = `${arn}table/orders`;
  const tags = ['a', 'b', 'c'].map((name) => ({ key: name, value: name }));
  await client.send(new TagResourceCommand({ resourceArn, tags }));
  await client.send(new UntagResourceCommand({ resourceArn, tags: tags.slice(0, 1) }));
  const first = await client.send(new ListTagsForResourceCommand({ resourceArn, maxResults: 1 }));
  expect(first.tags).toEqual([tags[1]]);
  const { nextToken } = first;
  const second = await client.send(new ListTagsForResourceCommand({ resourceArn, maxResults: 1, nextToken }));
  expect(second).toMatchObject({ tags: [tags[2]] });
  expect(second.nextToken).toBeUndefined();
});

describe('refusals', () => {
  test('have the exception names of the API', async () => {
    const { client } = await aControlPlane([key], { quotas: { keyspaces: 1 } });
    const create = (keyspaceName: string) => client.send(new CreateKeyspaceCommand({ keyspaceName }));
    await create('shop');
    await expect(create('shop')).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(create('other')).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
    await expect(create('no-name')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(client.send(new GetTableCommand(orders))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceArn: `${arn}table/orders`,
    });
  });

  test('of what the backing cluster broke on are InternalServerExceptions', async () => {
    const { client } = await aControlPlane([key], {
      backing: {
        async execute() {
          throw new Error('connection reset');
        },
      },
    });
    const create = client.send(new CreateKeyspaceCommand({ keyspaceName: 'shop' }));
    await expect(create).rejects.toMatchObject({ name: 'InternalServerException', $metadata: { httpStatusCode: 500 } });
  });

  test('meet a key that may not', async () => {
    const reader = { accessKeyId: 'READER', secretAccessKey: 's', may: ['Select', 'Create'] as const };
    const { client } = await aControlPlane([reader]);
    await client.send(new CreateKeyspaceCommand({ keyspaceName: 'shop' }));
    const drop = client.send(new DeleteKeyspaceCommand({ keyspaceName: 'shop' }));
    await expect(drop).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const tagged = new CreateKeyspaceCommand({ keyspaceName: 'other', tags: [{ key: 'a', value: 'b' }] });
    await expect(client.send(tagged)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('meet who signs with a wrong secret, and who nobody knows', async () => {
    const { clientOf, state } = await aControlPlane();
    const create = new CreateKeyspaceCommand({ keyspaceName: 'shop' });
    const wrong = clientOf({ ...key, secretAccessKey: 'another' });
    await expect(wrong.send(create)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const stranger = clientOf({ ...key, accessKeyId: 'STRANGER' });
    await expect(stranger.send(create)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    expect(state.keyspaces()).toEqual([]);
  });
});

test.each([
  ['an operation that is none', 'POST', { 'x-amz-target': 'KeyspacesService.toString' }, 'UnknownOperationException'],
  ['another service', 'POST', { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, 'UnknownOperationException'],
  ['no target', 'POST', {}, 'UnknownOperationException'],
  ['another method', 'PUT', { 'x-amz-target': 'KeyspacesService.ListKeyspaces' }, 'UnknownOperationException'],
  ['no signature', 'POST', { 'x-amz-target': 'KeyspacesService.ListKeyspaces' }, 'MissingAuthenticationTokenException'],
])('%s is refused', async (_, method, headers, type) => {
  const { server } = await aControlPlane();
  const response = await fetch(server.url, { method, headers: headers as Record<string, string>, body: '{}' });
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.0');
  expect(await response.json()).toMatchObject({ __type: type });
});

test('a body that is too long is cut off', { timeout: 5_000 }, async () => {
  const { server } = await aControlPlane();
  const sending = fetch(server.url, { method: 'POST', body: 'x'.repeat(2_000_000) });
  await expect(sending).rejects.toThrow();
});
