import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cassandraYaml } from '../../src/sandbox/cassandra-yaml.ts';
import { evenToken } from '../../src/sandbox/launch-server.ts';
import { aSandbox } from '../support/a-sandbox.ts';

const lone = { clusterName: 'cdcmig source', seeds: ['127.70.1.11'], initialToken: null, hasCdc: true };

test('a source node captures changes into its own folder and may fill no more than its CDC space', () => {
  const node = aSandbox().source[0]!;
  expect(parse(cassandraYaml(node, lone))).toMatchObject({
    cdc_enabled: true,
    cdc_raw_directory: '/sandbox/source-1/cdc_raw',
    cdc_total_space_in_mb: 512,
    commitlog_sync: 'periodic',
    commitlog_segment_size_in_mb: 4,
  });
});

test('the target runs without CDC and confirms nothing that it has not stored', () => {
  const yaml = parse(cassandraYaml(aSandbox().target, { ...lone, hasCdc: false }));
  expect(yaml).toMatchObject({ commitlog_sync: 'batch' });
  // Cassandra refuses to start with both.
  expect(yaml).not.toHaveProperty('commitlog_sync_period_in_ms');
  expect(Object.keys(yaml).filter((key) => key.startsWith('cdc_enabled') || key.startsWith('cdc_total'))).toEqual([]);
});

test('the target reads past the rows of a large partition that were deleted one by one, the source as any Cassandra', () => {
  const yaml = parse(cassandraYaml(aSandbox().target, { ...lone, hasCdc: false }));
  expect(yaml.tombstone_failure_threshold).toBeGreaterThan(1_000_000);
  expect(parse(cassandraYaml(aSandbox().source[0]!, lone))).not.toHaveProperty('tombstone_failure_threshold');
});

test('a node listens on its own address only', () => {
  const node = aSandbox().source[0]!;
  expect(parse(cassandraYaml(node, lone))).toMatchObject({
    listen_address: node.address,
    rpc_address: node.address,
    native_transport_port: node.cqlPort,
    storage_port: node.storagePort,
  });
});

test('a node of a cluster has a fixed token and does not wait for others to stream', () => {
  const yaml = cassandraYaml(aSandbox().source[0]!, { ...lone, initialToken: evenToken(0, 3) });
  expect(parse(yaml)).toMatchObject({ initial_token: '-3074457345618258604', auto_bootstrap: false, num_tokens: 1 });
});

test('a node that joins later streams its share to its own token', () => {
  const yaml = parse(cassandraYaml(aSandbox().source[0]!, { ...lone, initialToken: 5n, joins: true }));
  expect(yaml).toMatchObject({ initial_token: '5', auto_bootstrap: true, num_tokens: 1 });
  // Else it would not wait for those it streams from.
  expect(yaml).not.toHaveProperty('block_for_peers_timeout_in_secs');
});

test('a lone node takes its token itself', () => {
  expect(evenToken(0, 1)).toBeNull();
  expect(parse(cassandraYaml(aSandbox().source[0]!, lone))).not.toHaveProperty('initial_token');
});

test('three nodes own equal shares of the ring', () => {
  const tokens = [0, 1, 2].map((index) => evenToken(index, 3)!);
  const shares = tokens.map((token, index) => BigInt.asUintN(64, token - tokens.at(index - 1)!));
  expect(shares.every((share) => share - shares[0]! <= 1n && shares[0]! - share <= 1n)).toBe(true);
  expect(tokens.every((token) => BigInt.asIntN(64, token) === token)).toBe(true);
});

test('settings of its own win over those of any sandbox', () => {
  const settings = { cdc_enabled: false, commitlog_compression: [{ class_name: 'LZ4Compressor' }] };
  expect(parse(cassandraYaml(aSandbox().source[0]!, { ...lone, settings }))).toMatchObject({
    ...settings,
    commitlog_sync: 'periodic',
  });
});
