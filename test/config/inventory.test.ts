import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/read-config.ts';
import { OperatorError } from '../../src/errors.ts';

const whole = `
migration: shop
source: { contactPoints: ["10.0.0.1:9042"], datacenter: dc1, keyspace: shop }
target: { contactPoints: ["10.0.1.1:9042"], datacenter: dc1, keyspace: shop }
pulsar: { serviceUrl: "pulsar://p:6650", adminUrl: "http://p:8080" }
capture: { inventory: nodes.yaml }
`;

const inventory = `
defaults:
  commitLogDirectory: /c
  folder: /a
  user: cassandra
  supervisor: systemd
  ssh: { user: deploy, key: "file:key", knownHosts: [known_hosts], sudo: true }
agents:
  - node: 10.0.0.1
  - node: 10.0.0.2
    ssh: { host: two, port: 2222, jump: { host: bastion, user: me, knownHosts: [/etc/known] } }
`;

function configWith(nodes: string, text = whole) {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-inventory-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'nodes.yaml'), nodes);
  return { folder, read: () => parseConfig(text, join(folder, 'cdcmig.yaml')) };
}

function faultsOf(nodes: string, text?: string): readonly { expected: string; found: string }[] {
  try {
    configWith(nodes, text).read();
  } catch (error) {
    if (error instanceof OperatorError) return error.faults;
    throw error;
  }
  return [];
}

test('what nodes have in common is said once, and a node’s own word wins', () => {
  const { folder, read } = configWith(inventory);
  const [first, second] = read().capture.agents;
  const ssh = { user: 'deploy', key: 'file:key', sudo: true, knownHosts: [join(folder, 'known_hosts')] };
  expect(first).toMatchObject({ node: '10.0.0.1', user: 'cassandra', ssh: { ...ssh, host: '10.0.0.1', port: 22 } });
  expect(second).toMatchObject({
    folder: '/a',
    ssh: { ...ssh, host: 'two', port: 2222, jump: { host: 'bastion', port: 22, knownHosts: ['/etc/known'] } },
  });
});

test('all faults of an inventory are told at once', () => {
  const faults = faultsOf(
    inventory.replace('folder: /a', 'folders: /a').replace('key: "file:key"', 'key: "-----BEGIN"'),
  );
  expect(faults.map(({ expected }) => expected).join('\n')).toMatch(/agents\.0[\s\S]*agents\.1/);
  expect(faults.map(({ found }) => found).join('\n')).toMatch(/must be a reference/);
});

test('nodes are named in one place', () => {
  const both = whole.replace(
    'inventory: nodes.yaml',
    'inventory: nodes.yaml, agents: [{ node: a, commitLogDirectory: /c, folder: /a }]',
  );
  expect(faultsOf(inventory, both)[0]).toMatchObject({ found: 'both' });
  expect(faultsOf(inventory, whole.replace('inventory: nodes.yaml', 'mode: cdc'))[0]).toMatchObject({
    expected: expect.stringContaining('capture'),
    found: expect.stringContaining('must name the agents'),
  });
});

test('rights that a login cannot have are told before anything is tried', () => {
  const faults = faultsOf(inventory.replace('sudo: true', 'sudo: false'));
  expect(faults.map(({ expected }) => expected)).toEqual([
    'ssh.sudo for the unit of node 10.0.0.1',
    'ssh.sudo for the unit of node 10.0.0.2',
    'to become cassandra on node 10.0.0.1',
    'to become cassandra on node 10.0.0.2',
  ]);
});

test('two agents of one machine have two folders', () => {
  const twice = inventory.replace('host: two, port: 2222', 'host: 10.0.0.1');
  expect(faultsOf(twice)).toMatchObject([{ found: '10.0.0.1:22:/a twice in capture.agents' }]);
});

test('a token that only this machine has is refused for nodes that are reached by SSH', () => {
  const text = whole.replace('adminUrl: "http://p:8080"', 'adminUrl: "http://p:8080", token: "env:TOKEN"');
  expect(faultsOf(inventory, text)).toMatchObject([{ found: 'an environment variable' }]);
});

test('a password of nodetool stands on no command line', () => {
  const withWords = (words: string) => inventory.replace('defaults:', `defaults:\n  nodetool: [nodetool, ${words}]`);
  for (const words of [
    '-u, jmx, -pw, s3cret',
    '--password, s3cret',
    '"--password=s3cret"',
    '-c, "nodetool -pw s3cret"',
  ]) {
    const faults = faultsOf(withWords(words));
    expect(faults.map(({ expected }) => expected)).toContainEqual(
      'nodetool of node 10.0.0.1 without a password on its command line',
    );
    expect(JSON.stringify(faults)).not.toContain('s3cret');
  }
  expect(faultsOf(withWords('-u, jmx, -pwf, /etc/jmx.password'))).toEqual([]);
});
