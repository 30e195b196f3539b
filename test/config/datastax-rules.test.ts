import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { agentToInstall } from '../../src/config/agent-to-install.ts';
import { archiveName, compareVersions } from '../../src/config/archive-version.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import { OperatorError } from '../../src/errors.ts';

const sha256 = 'a'.repeat(64);
const jar = '/opt/cdc/agent.jar';
const localJar = 'jars/agent-c4-2.3.9-all.jar';
const node = {
  ...{ node: '10.0.0.1', commitLogDirectory: '/c', cdcRawDirectory: '/raw', folder: '/a' },
  ...{ cassandraYaml: '/etc/cassandra.yaml', cassandraEnv: '/etc/cassandra-env.sh' },
};
const agent = { localJar, sha256 };

interface Parts {
  readonly agent?: object;
  readonly connector?: object;
  readonly reads?: string;
  readonly source?: object;
  readonly agents?: readonly object[];
  readonly pulsar?: object;
  readonly feed?: string;
}

function read({ agent, connector, reads, source, agents = [node], pulsar, feed = 'datastax' }: Parts) {
  const cluster = { contactPoints: ['10.0.0.1:9042'], datacenter: 'dc1', keyspace: 'shop' };
  const written = {
    ...{ migration: 'shop', feed, source: { ...cluster, ...source }, target: cluster },
    pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080', ...pulsar },
    datastax: { ...(agent && { agent }), ...(connector && { connector, read: reads ?? 'data' }) },
    capture: { agents },
  };
  return parseConfig(stringify(written), '/conf/cdcmig.yaml');
}

function faultsOf(parts: Parts): readonly string[] {
  try {
    read(parts);
  } catch (error) {
    if (error instanceof OperatorError)
      return error.faults.map(({ expected, found }) => `expected ${expected}; found ${found}`);
    throw error;
  }
  return [];
}

describe('datastax.agent.localJar', () => {
  test('is installed on the nodes of capture.agents, and is relative to the configuration', () => {
    expect(agentToInstall(read({ agent }))).toEqual({ localJar: `/conf/${localJar}`, sha256 });
  });

  test('is not there: nothing is installed, and nodes are not asked for', () => {
    expect(agentToInstall(read({ agent: { jar }, agents: [] }))).toBeUndefined();
    expect(agentToInstall(read({ agents: [] }))).toBeUndefined();
  });

  test('needs the nodes, with what is edited on them, all told at once', () => {
    expect(faultsOf({ agent, agents: [] })).toEqual([expect.stringMatching(/nodes in capture\.agents/)]);
    const { cassandraYaml: _, cassandraEnv: __, cdcRawDirectory: ___, ...bare } = node;
    expect(faultsOf({ agent, agents: [bare, { ...bare, node: '10.0.0.2', folder: '/b' }] })).toEqual([
      ...['10.0.0.1', '10.0.0.2'].flatMap((address) => [
        expect.stringMatching(`cassandraYaml of node ${address}`),
        expect.stringMatching(`cassandraEnv of node ${address}`),
      ]),
      expect.stringMatching(/cdcRawDirectory.*10\.0\.0\.1/),
      expect.stringMatching(/cdcRawDirectory.*10\.0\.0\.2/),
    ]);
  });

  test.each([
    ['a jar that is there already', { ...agent, jar }, /either datastax\.agent\.jar.*both/],
    ['no jar at all', {}, /either datastax\.agent\.jar.*neither/],
    ['no digest', { localJar }, /localJar and datastax\.agent\.sha256 together/],
    ['a digest of nothing', { jar, sha256 }, /localJar and datastax\.agent\.sha256 together/],
    ['a digest that is none', { ...agent, sha256: 'ABC' }, /datastax\.agent\.sha256.*64 lower-case/],
    ['a release that is too old', { ...agent, localJar: 'agent-c4-2.3.2-all.jar' }, /2\.3\.3 or later.*2\.3\.2/],
    ['the agent of another Cassandra', { ...agent, localJar: 'agent-dse4-2.3.9-all.jar' }, /agent-c4.*agent-dse4/],
    ['a name that would end on the command line', { ...agent, localJar: 'my agent.jar' }, /letters, digits.*my agent/],
    ['a name that would begin parameters', { ...agent, localJar: 'a=b.jar' }, /letters, digits.*a=b/],
    ['a trust store', { ...agent, sslTruststorePath: '/t.jks' }, /sslTruststorePath.*PEM file in tlsTrustCerts/],
    ['a key store', { ...agent, sslKeystorePath: '/k.jks' }, /sslKeystorePath.*PEM file in tlsTrustCerts/],
  ])('is refused with %s', (_, written, pattern) => {
    const agents = 'localJar' in written ? [node] : [];
    expect(faultsOf({ agent: written, agents })).toEqual([expect.stringMatching(pattern)]);
  });

  test('needs a login of the agents’ own where Pulsar asks for one, and a trust of their own', () => {
    const secure = { serviceUrl: 'pulsar+ssl://p:6651', token: 'env:TOKEN', tlsCaFile: 'ca.pem' };
    expect(faultsOf({ agent, pulsar: secure })).toEqual([
      expect.stringMatching(/pulsarAuthPluginClassName and pulsarAuthParams/),
      expect.stringMatching(/tlsTrustCertsFilePath/),
    ]);
    const told = {
      pulsarAuthPluginClassName: 'org.apache.pulsar.client.impl.auth.AuthenticationToken',
      pulsarAuthParams: 'file:///etc/cassandra/token',
      tlsTrustCertsFilePath: '/etc/cassandra/ca.pem',
    };
    expect(faultsOf({ agent: { ...agent, ...told }, pulsar: secure })).toEqual([]);
  });

  test('has no use for what keeps our own agents running', () => {
    expect(faultsOf({ agent, agents: [{ ...node, supervisor: 'systemd' }] })).toEqual([
      expect.stringMatching(/no supervisor/),
    ]);
  });
});

describe('datastax.connector', () => {
  const builtin = { builtin: 'cassandra-source', runtime: 'process' };
  const faults = (connector: object, more: Parts = {}) => faultsOf({ connector, agents: [], ...more });

  test('is an archive with its digest, or what is built in', () => {
    const archive = { localArchive: 'pulsar-cassandra-source-2.3.9.nar', sha256, runtime: 'kubernetes' };
    expect(faults(builtin)).toEqual([]);
    expect(read({ connector: archive, agents: [] }).datastax.connector).toMatchObject({
      localArchive: '/conf/pulsar-cassandra-source-2.3.9.nar',
      outputFormat: 'key-value-avro',
    });
  });

  test.each([
    ['no runtime', { builtin: 'a' }, /connector\.runtime.*process or kubernetes/],
    ['the thread runtime', { ...builtin, runtime: 'thread' }, /connector\.runtime.*leaves its consumer behind/],
    ['the format without write times', { ...builtin, outputFormat: 'json' }, /outputFormat.*no write times/],
    ['neither', { runtime: 'process' }, /localArchive or datastax\.connector\.builtin; found neither/],
    ['both', { ...builtin, localArchive: 'a.nar', sha256 }, /localArchive or .*builtin; found both/],
    ['no digest', { localArchive: 'a.nar', runtime: 'process' }, /localArchive and .*sha256 together/],
    [
      'an old release',
      { localArchive: 'pulsar-cassandra-source-2.3.1.nar', sha256, runtime: 'process' },
      /2\.3\.3 or later.*2\.3\.1/,
    ],
    [
      'another connector',
      { localArchive: 'cassandra-enhanced-pulsar-sink-2.3.9.nar', sha256, runtime: 'process' },
      /pulsar-cassandra-source.*sink/,
    ],
    ['an unknown setting', { ...builtin, settings: { 'batch.sise': 1 } }, /settings\.batch\.sise/],
    ['a setting that follows from the rest', { ...builtin, settings: { keyspace: 'x' } }, /settings\.keyspace/],
    [
      'a password',
      { ...builtin, settings: { 'auth.password': 'hunter2' } },
      /settings.*passwords as env:NAME, which the functions worker/,
    ],
  ])('is refused with %s', (_, connector, pattern) => {
    expect(faults(connector)).toEqual([expect.stringMatching(pattern)]);
  });

  test('has no use where the sinks read the events', () => {
    expect(faults(builtin, { reads: 'events' })).toEqual([expect.stringMatching(/no datastax\.connector/)]);
  });

  test('needs a login and a trust of its own where the source asks for them', () => {
    const source = { username: 'u', password: 'env:P', tlsCaFile: 'ca.pem' };
    expect(faults(builtin, { source })).toEqual([
      expect.stringMatching(/auth\.password/),
      expect.stringMatching(/ssl\.provider/),
    ]);
    const settings = { 'auth.password': 'env:CASSANDRA_PASSWORD', 'ssl.provider': 'JDK' };
    expect(faults({ ...builtin, settings }, { source })).toEqual([]);
  });
});

test('nodes without a jar to put there are refused, as is a script that nobody edits', () => {
  const { cassandraEnv: _, ...plain } = node;
  expect(faultsOf({ agents: [plain] })).toEqual([expect.stringMatching(/datastax\.agent\.localJar, or no capture/)]);
  expect(faultsOf({ agents: [plain], feed: 'cdcmig' })).toEqual([]);
  expect(faultsOf({ agents: [node], feed: 'cdcmig' })).toEqual([expect.stringMatching(/no cassandraEnv/)]);
});

test('a release is known by the name of its file', () => {
  expect(archiveName('/x/agent-c4-2.3.9-all.jar')).toEqual({ product: 'agent-c4', version: '2.3.9' });
  expect(archiveName('pulsar-cassandra-source-2.3.10.nar')).toEqual({
    product: 'pulsar-cassandra-source',
    version: '2.3.10',
  });
  expect(archiveName('/x/cdc-agent.jar')).toBeUndefined();
});

test('releases are in the order of their numbers', () => {
  const order = ['2.3.2', '2.3.10', '2.3.9', '10.0.0', '2.4.0'].sort(compareVersions);
  expect(order).toEqual(['2.3.2', '2.3.9', '2.3.10', '2.4.0', '10.0.0']);
  expect(compareVersions('2.3.3', '2.3.3')).toBe(0);
});
