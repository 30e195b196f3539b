import { expect, test } from 'vitest';
import { openConnectors } from '../../src/adapters/pulsar/open-connectors.ts';
import type { AskConnector } from '../../src/phases/connector-health.ts';
import { connectorStatus } from '../../src/phases/connector-status.ts';
import { aFunctionsWorker } from '../support/a-functions-worker.ts';

const lanes = ['t1', 't2', 'of counters'].map((tableId) => ({
  ...{ topic: `data-${tableId}`, tableId },
  ...(tableId !== 'of counters' && { connector: {} }),
}));
const state = (read: string) =>
  ({
    handOver: {
      datastax: { read, lanes },
      tables: [
        { name: 'orders', id: 't1' },
        { name: 'carts', id: 't2' },
        { name: 'visits', id: 'of counters' },
      ],
    },
  }) as unknown as Parameters<typeof connectorStatus>[0];

async function aContext(connector: object | undefined = { parallelism: 1 }) {
  const worker = await aFunctionsWorker();
  for (const name of ['shop-orders', 'shop-carts'])
    worker.sources.set(name, { config: { parallelism: 1 }, archive: undefined });
  const datastax = { connector, connectorSubscription: 'sub', eventsPartitions: 1, topicPrefix: 'events-' };
  const consumers = new Map<string, number>();
  const place = { adminUrl: worker.adminUrl, tenant: 'public', namespace: 'n' };
  const context = {
    config: { migration: 'shop', source: { keyspace: 'shop' }, datastax },
    bus: { backlog: async (topic: string) => ({ mostConsumers: consumers.get(topic) ?? 1 }) },
    connectors: openConnectors({ ...place, patienceMs: 200 }),
  } as unknown as AskConnector;
  return { ...worker, context, consumers };
}

test('a connector that runs has no troubles, and tables without one are not asked for', async () => {
  const { context } = await aContext();
  expect(await connectorStatus(state('data'), context)).toEqual([
    { name: 'shop-orders', table: 'orders', troubles: [] },
    { name: 'shop-carts', table: 'carts', troubles: [] },
  ]);
});

test('what a status calls no error is told, beside consumers that a dead one left', async () => {
  const { context, state: worker, consumers } = await aContext();
  worker.words.set('shop-orders', () => [{ numRestarts: 4, numSystemExceptions: 2 }]);
  consumers.set('events-shop.carts-partition-0', 5);
  const [orders, carts] = await connectorStatus(state('data'), context);
  expect(orders!.troubles).toEqual([
    expect.stringMatching(/^2 records could not be published and are lost/),
    expect.stringMatching(/^restarted 4 times/),
  ]);
  expect(carts!.troubles).toEqual([
    expect.stringMatching(/^5 consumers of 1 on events-shop\.carts-partition-0.*thread runtime/),
  ]);
});

test('one that cannot be asked says so, and keeps nobody from hearing of the others', async () => {
  const { context, sources } = await aContext();
  sources.delete('shop-orders');
  const [orders, carts] = await connectorStatus(state('data'), context);
  expect(orders!.troubles).toEqual([
    expect.stringMatching(/^cannot be asked: .*404 \(Source shop-orders doesn't exist/),
  ]);
  expect(carts!.troubles).toEqual([]);
});

test.each([
  ['the sinks read the events', 'events', { parallelism: 1 }],
  ['the operator made them', 'data', null],
])('nobody is asked where %s', async (_, read, connector) => {
  const { context, seen } = await aContext(connector as object);
  expect(await connectorStatus(state(read), context)).toEqual([]);
  expect(seen).toEqual([]);
});
