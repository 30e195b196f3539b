import { expect, test } from 'vitest';
import { byRack, crowdedKeyspaces } from '../../src/model/rack-spread.ts';

/** `dc1 r1` and so on. */
const nodes = (...places: readonly string[]) =>
  places.map((place) => ({ datacenter: place.split(' ')[0]!, rack: place.split(' ')[1]! }));
const three = nodes('dc1 r1', 'dc1 r1', 'dc1 r2', 'dc1 r3');
const network = (factors: Readonly<Record<string, string>>) => [
  { name: 'shop', replication: { class: 'org.apache.cassandra.locator.NetworkTopologyStrategy', ...factors } },
];

test.each([
  ['3 replicas on 3 racks', network({ dc1: '3' }), three],
  ['2 replicas on 3 racks', network({ dc1: '2' }), three],
  ['none in a datacenter that it does not name', network({ dc1: '3' }), [...three, ...nodes('dc2 r1')]],
  ['none in a datacenter where it wants none', network({ dc1: '3', dc2: '0' }), [...three, ...nodes('dc2 r1')]],
  ['enough racks in both', network({ dc1: '3', dc2: '2' }), [...three, ...nodes('dc2 r1', 'dc2 r2')]],
  [
    'Cassandra’s own and our canaries',
    ['system', 'system_auth', 'cdcmig_canary'].map((name) => ({ name, replication: { class: 'SimpleStrategy' } })),
    three,
  ],
])('a rack may be away: %s', (_, keyspaces, ring) => {
  expect(crowdedKeyspaces(keyspaces, ring)).toEqual([]);
});

test.each([
  [
    'fewer racks than replicas',
    network({ dc1: '3' }),
    nodes('dc1 r1', 'dc1 r2'),
    /^3 replicas in dc1, which has 2 racks$/,
  ],
  ['one rack', network({ dc1: '2' }), nodes('dc1 r1', 'dc1 r1'), /which has 1 racks/],
  ['a single replica', network({ dc1: '1' }), three, /^a single replica in dc1$/],
  ['too few racks in the second datacenter', network({ dc1: '3', dc2: '3' }), [...three, ...nodes('dc2 r1')], /in dc2/],
  ['racks of another datacenter', network({ dc1: '2' }), nodes('dc1 r1', 'dc2 r2'), /2 replicas in dc1/],
  ['transient replicas', network({ dc1: '3/1' }), three, /^3\/1 replicas in dc1$/],
  [
    'a strategy without racks',
    [{ name: 'shop', replication: { class: 'org.apache.cassandra.locator.SimpleStrategy', replication_factor: '3' } }],
    three,
    /^SimpleStrategy, which knows no racks$/,
  ],
  ['a keyspace whose name only begins like Cassandra’s', [{ name: 'systematic', replication: {} }], three, /no racks/],
])('a rack may not be away: %s', (_, keyspaces, ring, why) => {
  expect(crowdedKeyspaces(keyspaces, ring).map((crowded) => crowded.why)).toEqual([expect.stringMatching(why)]);
});

test('every keyspace that is crowded is named', () => {
  const keyspaces = [...network({ dc1: '3' }), { name: 'other', replication: { class: 'SimpleStrategy' } }];
  expect(crowdedKeyspaces(keyspaces, three).map(({ name }) => name)).toEqual(['other']);
});

test('nodes go by rack and datacenter, in the order in which their racks come first', () => {
  const ring = nodes('dc1 r2', 'dc1 r1', 'dc2 r2', 'dc1 r2', 'dc1 r1');
  expect(byRack(ring, (node) => node)).toEqual([nodes('dc1 r2', 'dc1 r2'), nodes('dc1 r1', 'dc1 r1'), nodes('dc2 r2')]);
});
