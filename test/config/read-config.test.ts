import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig, resolveReference, secretBehind } from '../../src/config/read-config.ts';
import { OperatorError } from '../../src/errors.ts';

const whole = `
migration: shop
source: { contactPoints: ["10.0.0.1:9042"], datacenter: dc1, keyspace: shop }
target: { contactPoints: ["[::1]:9142"], datacenter: eu-west-1, keyspace: shop }
pulsar: { serviceUrl: "pulsar://p:6650", adminUrl: "http://p:8080" }
capture: { agents: [{ node: 10.0.0.1, commitLogDirectory: /c, folder: /a }] }
`;

function faultsOf(text: string): readonly { expected: string; found: string; next: string }[] {
  try {
    parseConfig(text, '/conf/cdcmig.yaml');
  } catch (error) {
    if (error instanceof OperatorError) return error.faults;
    throw error;
  }
  return [];
}

test('a short file is filled up with defaults', () => {
  const config = parseConfig(whole, '/conf/cdcmig.yaml');
  expect(config.pulsar).toMatchObject({ tenant: 'public', namespace: 'cdcmig-shop', changesPartitions: 8 });
  expect(config.target).toMatchObject({ kind: 'cassandra', contactPoints: [{ host: '::1', port: 9142 }] });
  expect(config.window.pastMicros).toBe(172_800_000_000n);
  expect(config.workers.folder).toBe('/conf/.cdcmig/workers');
});

test('all faults of the shape are told at once, each with its place', () => {
  const faults = faultsOf(whole.replace('datacenter: dc1', 'datacentre: dc1').replace('pulsar://p', 'http://p'));
  expect(faults.map((fault) => fault.expected).join('\n')).toMatch(/source\.datacenter[\s\S]*pulsar\.serviceUrl/);
  expect(faults.length).toBeGreaterThanOrEqual(3);
});

test('faults of every section are told at once, with a section that is missing', () => {
  const written = 'migration: Shop!\nsource: { contactPoints: [], datacenter: d, keyspace: k }\nsink: 1\n';
  const places = faultsOf(written).map(({ expected }) => expected.split(' ')[0]);
  expect(places).toEqual(['migration', 'source.contactPoints', 'target', 'pulsar', 'the', 'capture']);
});

test('a fault inside capture is told alone, not as agents that nobody named', () => {
  const faults = faultsOf(whole.replace('commitLogDirectory: /c', 'commitLogDirectory: 5'));
  expect(faults.map(({ expected }) => expected)).toEqual([
    expect.stringContaining('capture.agents.0.commitLogDirectory'),
  ]);
});

test('no agents are a fault of our own feed only', () => {
  const none = whole.replace(/capture: .*/, 'capture: {}');
  expect(faultsOf(none).map(({ found }) => found)).toEqual([expect.stringContaining('inventory')]);
  expect(
    faultsOf(`${none}feed: datastax\n`)
      .map(({ expected }) => expected)
      .join(),
  ).not.toContain('capture');
});

test('all broken rules are told at once', () => {
  const faults = faultsOf(
    `${whole.replace('keyspace: shop }', 'keyspace: shop, username: u, tables: [a, a], excludeTables: ["*"] }').replace('capture: {', 'capture: { mode: cdc,')}\nwindow: { reserveHours: 30 }\n`,
  );
  expect(faults.map((fault) => fault.found)).toEqual([
    'only one of them',
    'none for node 10.0.0.1',
    'a longer one',
    'source.excludeTables means all of them',
    'a twice in source.tables',
  ]);
});

test('one way to log in to Pulsar, and a certificate with its key', () => {
  const login = 'token: env:T, oauth2: { issuerUrl: "https://i", keyFile: k.json }, tlsCertFile: c.pem';
  const faults = faultsOf(whole.replace('adminUrl: "http://p:8080"', `adminUrl: "http://p:8080", ${login}`));
  expect(faults.map(({ expected }) => expected)).toEqual([
    'pulsar.token or pulsar.oauth2',
    'pulsar.tlsCertFile and pulsar.tlsKeyFile together',
  ]);
});

test('paths of the login to Pulsar are relative to the file', () => {
  const login = 'oauth2: { issuerUrl: "https://i", keyFile: k.json }, tlsCertFile: c.pem, tlsKeyFile: /k.pem';
  const { pulsar } = parseConfig(
    whole.replace('adminUrl: "http://p:8080"', `adminUrl: "http://p:8080", ${login}`),
    '/conf/cdcmig.yaml',
  );
  expect(pulsar).toMatchObject({
    tlsCertFile: '/conf/c.pem',
    tlsKeyFile: '/k.pem',
    oauth2: { keyFile: '/conf/k.json' },
  });
});

test('a password written into the file is refused', () => {
  expect(
    faultsOf(whole.replace('keyspace: shop }', 'keyspace: shop, username: u, password: hunter2 }'))[0]?.found,
  ).toMatch(/reference/);
});

test('YAML that does not parse is named with its line', () => {
  expect(faultsOf('migration: [')[0]?.found).toMatch(/line 1/);
});

test('a reference to nothing says where it looked', () => {
  expect(() => resolveReference('env:CDCMIG_NO_SUCH')).toThrow(/CDCMIG_NO_SUCH/);
  expect(() => resolveReference('file:/no/such/file')).toThrow(/no such file/);
});

test('a secret in a file that is replaced is read anew, and none at all is told at once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-secret-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'token');
  expect(() => secretBehind(`file:${file}`)).toThrow(/no such file/);
  writeFileSync(file, 'first\n');
  const secret = secretBehind(`file:${file}`)!;
  expect(secret()).toBe('first');
  writeFileSync(file, 'second\n');
  expect(secret()).toBe('second');
  expect(secretBehind(undefined)).toBeUndefined();
});
