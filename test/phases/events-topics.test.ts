import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { datastaxLanes } from '../../src/phases/events-topics.ts';
import { aTable } from '../support/a-table.ts';

const names = { topicPrefix: 'events-', dataTopicPrefix: 'data-', connectorSubscription: 'sub' };
const lanesOf = (read: string) => {
  const config = { datastax: { read, settleMs: 0, eventsPartitions: 2, ...names } } as unknown as Config;
  const tables = [
    aTable({ keyspace: 'shop', name: 'orders' }),
    aTable({ keyspace: 'shop', name: 'n', isCounter: true }),
  ];
  return datastaxLanes(config, tables, aTable({ keyspace: 'cdcmig_canary', name: 'canary' }));
};

test('images come by a connector that reads all partitions of their table’s events, but those of counters, which has none', () => {
  const { lanes, canaryTopic } = lanesOf('data');
  const eventsTopics = ['events-shop.orders-partition-0', 'events-shop.orders-partition-1'];
  expect(lanes.map(({ topic, connector }) => [topic, connector])).toEqual([
    ['data-shop.orders-partition-0', { eventsTopics, subscription: 'sub' }],
    ['data-shop.orders-partition-1', { eventsTopics, subscription: 'sub' }],
    ['data-shop.n-partition-0', undefined],
    ['data-shop.n-partition-1', undefined],
  ]);
  expect(canaryTopic).toBe('events-cdcmig_canary.canary');
});

test('events come without one', () => {
  expect(lanesOf('events').lanes.map(({ topic, connector }) => [topic, connector])).toEqual([
    ['events-shop.orders-partition-0', undefined],
    ['events-shop.orders-partition-1', undefined],
    ['events-shop.n-partition-0', undefined],
    ['events-shop.n-partition-1', undefined],
  ]);
});
