import { expect, test } from 'vitest';
import { publishedPrices } from '../../src/config/prices.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import { OperatorError } from '../../src/errors.ts';

const withTarget = (target: string) => `
migration: shop
source: { contactPoints: ["127.0.0.1:9042"], datacenter: dc1, keyspace: shop }
target: { ${target} }
pulsar: { serviceUrl: pulsar://p:6650, adminUrl: http://p:8080 }
capture: { agents: [{ node: 127.0.0.1, commitLogDirectory: /c, folder: /f }] }
`;
const targetOf = (target: string) => parseConfig(withTarget(target), '/conf/cdcmig.yaml').target;

test('Amazon Keyspaces needs no more than its Region and the keyspace', () => {
  expect(targetOf('kind: keyspaces, region: eu-west-1, keyspace: shop')).toEqual({
    kind: 'keyspaces',
    region: 'eu-west-1',
    keyspace: 'shop',
    replicaRegions: [],
    endpoint: undefined,
    controlPlaneUrl: undefined,
    profile: undefined,
    username: undefined,
    password: undefined,
    tlsCaFile: undefined,
    requestTimeoutMs: 15_000,
    queriesPerSecond: 4_000,
    settings: { capacity: { mode: 'on-demand' }, pointInTimeRecovery: false, tags: {} },
    prices: publishedPrices.prices,
  });
});

test('prices that are not said are the published ones', () => {
  const said = 'prices: { writesPerMillion: 0.7, storageGigabyteMonth: 0 }';
  expect(targetOf(`kind: keyspaces, region: eu-west-1, keyspace: shop, ${said}`)).toMatchObject({
    prices: { ...publishedPrices.prices, writesPerMillion: 0.7, storageGigabyteMonth: 0 },
  });
  const negative = () => targetOf('kind: keyspaces, region: eu-west-1, keyspace: shop, prices: { readUnitHour: -1 }');
  expect(negative).toThrow(/readUnitHour/);
});

test('where it is can be said: endpoint, control plane and whom to trust', () => {
  const more = 'endpoint: "localhost:9142", controlPlaneUrl: "https://localhost:9143", tlsCaFile: ca.pem';
  expect(targetOf(`kind: keyspaces, region: eu-west-1, keyspace: shop, ${more}`)).toMatchObject({
    endpoint: { host: 'localhost', port: 9142 },
    controlPlaneUrl: 'https://localhost:9143',
    tlsCaFile: '/conf/ca.pem',
  });
});

test.each([
  ['a Region that is none', 'kind: keyspaces, region: Europe, keyspace: shop', /must be a Region/],
  [
    'a name that it would not take',
    'kind: keyspaces, region: eu-west-1, keyspace: my-shop',
    /letters, digits and underscores/,
  ],
  ['what belongs to a Cassandra', 'kind: keyspaces, region: eu-west-1, keyspace: shop, datacenter: dc1', /datacenter/],
  ['half of a login', 'kind: keyspaces, region: eu-west-1, keyspace: shop, username: me', /only one of them/],
  [
    'a password written out',
    'kind: keyspaces, region: eu-west-1, keyspace: shop, username: me, password: secret',
    /must be a reference/,
  ],
  [
    'half of a capacity',
    'kind: keyspaces, region: eu-west-1, keyspace: shop, tables: { readUnits: 10 }',
    /only one of them/,
  ],
  [
    'half of a warm throughput',
    'kind: keyspaces, region: eu-west-1, keyspace: shop, tables: { warmReadsPerSecond: 10 }',
    /only one of them/,
  ],
  ['a kind that nobody knows', 'kind: dynamodb, region: eu-west-1, keyspace: shop', /target/],
])('%s is refused', (_, target, message) => {
  expect(() => targetOf(target)).toThrow(OperatorError);
  expect(() => targetOf(target)).toThrow(message);
});
