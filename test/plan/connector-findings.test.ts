import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/read-config.ts';
import { connectorFindings } from '../../src/plan/connector-findings.ts';
import { datastaxConnectors } from '../../src/plan/datastax-connectors.ts';
import { readFixture } from '../feeds/datastax/fixture-file.ts';
import { aTable, type TableParts } from '../support/a-table.ts';

const configOf = (datastax: string) =>
  parseConfig(
    `
migration: moving
source: { contactPoints: ['10.0.0.1:9042', '10.0.0.2:9042'], datacenter: dc1, keyspace: shop, username: reader, password: 'env:P' }
target: { contactPoints: ['10.1.0.1:9042'], datacenter: dc1, keyspace: shop }
pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080', tenant: t }
feed: datastax
datastax: ${datastax}
`,
    '/conf/cdcmig.yaml',
  );
const data = configOf('{ read: data }');

function faultsOf(parts: TableParts): readonly string[] {
  return connectorFindings([aTable(parts)], data).flatMap(({ severity, found }) =>
    severity === 'fault' ? [found] : [],
  );
}

describe('the connector is refused', () => {
  test.each([
    ['a table with capitals', { name: 'Things' }, /does not find/],
    ['a column that Avro has no name for', { regulars: { 'my-col': 'text' } }, /ends at its start/],
    ['a list of dates', { regulars: { v: 'list<date>' } }, /stands still/],
    ['a map to addresses', { regulars: { v: 'map<text, inet>' } }, /stands still/],
    ['a map of blobs', { regulars: { v: 'map<blob, text>' } }, /stands still/],
    ['a tuple with a smallint', { regulars: { v: 'tuple<smallint, text>' } }, /stands still/],
    ['a list of lists of times', { regulars: { v: 'list<frozen<list<time>>>' } }, /stands still/],
  ])('%s', (_, parts, pattern) => {
    expect(faultsOf(parts as TableParts)).toEqual([expect.stringMatching(pattern)]);
  });
});

test.each(['simple', 'comp', 'clust', 'prims', 'keys_p', 'twodec', 'keyonly', 'colls'])(
  '%s, which it was recorded with, is taken',
  (name) => {
    const findings = connectorFindings([readFixture(name).table], data);
    expect(findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
  },
);

test('lost nanoseconds and lost TTLs are warned of', () => {
  const found = connectorFindings([readFixture('prims').table], data).map((finding) => finding.found);
  expect(found).toEqual([expect.stringContaining('prims.c_time'), expect.stringContaining('no TTL')]);
});

test('nothing is asked where the sinks read the events', () => {
  expect(connectorFindings([aTable({ name: 'Things' })], configOf('{}'))).toEqual([]);
  expect(datastaxConnectors([aTable()], configOf('{}'))).toEqual([]);
});

test('each table has a connector, of both topics, without a secret', () => {
  const connectors = datastaxConnectors([aTable(), aTable({ name: 'visits' }), aTable({ isCounter: true })], data);
  expect(connectors.map(({ name }) => name)).toEqual(['moving-things', 'moving-visits']);
  expect(connectors[0]).toEqual({
    tenant: 't',
    namespace: 'cdcmig-moving',
    name: 'moving-things',
    topicName: 'persistent://t/cdcmig-moving/data-shop.things',
    parallelism: 1,
    configs: {
      keyspace: 'shop',
      table: 'things',
      'events.topic': 'persistent://t/cdcmig-moving/events-shop.things',
      'events.subscription.name': 'cdcmig-connector',
      'events.subscription.type': 'Failover',
      outputFormat: 'key-value-avro',
      contactPoints: '10.0.0.1,10.0.0.2',
      port: 9042,
      'loadBalancing.localDc': 'dc1',
      'auth.username': 'reader',
    },
  });
});
