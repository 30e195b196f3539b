import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/read-config.ts';
import { connectorDifferences } from '../../src/model/connector-definition.ts';
import { datastaxConnectors } from '../../src/plan/datastax-connectors.ts';
import { aTable } from '../support/a-table.ts';

const orders = aTable({ keyspace: 'shop', name: 'orders' });

function connectorsOf(datastax: object, source: object = {}) {
  const cluster = { contactPoints: ['10.0.0.1:9142', '10.0.0.2:9142'], datacenter: 'dc1', keyspace: 'shop' };
  const written = {
    ...{ migration: 'moving', feed: 'datastax', source: { ...cluster, ...source }, target: cluster, datastax },
    pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080' },
  };
  return datastaxConnectors([orders], parseConfig(stringify(written), '/conf/cdcmig.yaml'));
}

describe('a connector', () => {
  const plain = {
    ...{ tenant: 'public', namespace: 'cdcmig-moving', name: 'moving-orders', parallelism: 1 },
    topicName: 'persistent://public/cdcmig-moving/data-shop.orders',
    configs: {
      ...{ keyspace: 'shop', table: 'orders', outputFormat: 'key-value-avro' },
      'events.topic': 'persistent://public/cdcmig-moving/events-shop.orders',
      'events.subscription.name': 'cdcmig-connector',
      'events.subscription.type': 'Failover',
      ...{ contactPoints: '10.0.0.1,10.0.0.2', port: 9142, 'loadBalancing.localDc': 'dc1' },
    },
  };

  test('that the operator makes is as it was before one could be made', () => {
    expect(connectorsOf({ read: 'data' })).toEqual([plain]);
  });

  test('is none where the sinks read the events', () => {
    expect(connectorsOf({ read: 'events' })).toEqual([]);
  });

  test('that is made has what it is told beside', () => {
    const settings = { 'batch.size': 1, 'auth.password': 'env:CASSANDRA_PASSWORD' };
    const connector = {
      ...{ builtin: 'cassandra-source', runtime: 'process', outputFormat: 'key-value-json', parallelism: 2, settings },
    };
    const login = { username: 'reader', password: 'env:MINE' };
    expect(connectorsOf({ read: 'data', connector }, login)).toEqual([
      {
        ...{ ...plain, parallelism: 2, archive: 'builtin://cassandra-source' },
        configs: { ...plain.configs, outputFormat: 'key-value-json', 'auth.username': 'reader', ...settings },
      },
    ]);
  });

  test('does not tell a password that somebody wrote into it', () => {
    const wanted = { ...plain, configs: { 'auth.password': 'env:P' } };
    const text = connectorDifferences(wanted, { ...plain, configs: { 'auth.password': 'hunter2' } }).join();
    expect(text).toBe('auth.password other than planned');
  });

  test('differs by what is other, not by what it has beside or how a number is written', () => {
    const found = { ...plain, configs: { ...plain.configs, port: '9142', 'batch.size': '50' } };
    expect(connectorDifferences(plain, found)).toEqual([]);
    const other = { ...found, topicName: 'x', configs: { ...found.configs, table: 'carts', columns: 'a.*' } };
    expect(connectorDifferences(plain, other)).toEqual([
      'topicName x instead of persistent://public/cdcmig-moving/data-shop.orders',
      'table carts instead of orders',
      'columns a.* instead of .*',
    ]);
    const { 'events.topic': _, ...none } = plain.configs;
    expect(connectorDifferences(plain, { ...plain, configs: none })).toEqual([
      expect.stringMatching(/^events\.topic not set instead of persistent/),
    ]);
    expect(
      connectorDifferences({ ...plain, configs: { columns: 'a' } }, { ...plain, configs: { columns: 'a' } }),
    ).toEqual([]);
  });
});
