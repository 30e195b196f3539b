import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectorFile } from '../../commands/connector-file.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import type { ConnectorDefinition } from '../../src/model/connector-definition.ts';
import { datastaxConnectors } from '../../src/plan/datastax-connectors.ts';
import { aTable } from '../support/a-table.ts';

const template = readFileSync(new URL('../../templates/pulsar/cassandra-source.yaml', import.meta.url), 'utf8');

function planned(datastax: string, { table = 'orders', login = '' } = {}): ConnectorDefinition {
  const config = parseConfig(
    `
migration: shop
source: { contactPoints: ['10.0.0.11:9042', '10.0.0.12:9042'], datacenter: dc1, keyspace: shop${login} }
target: { contactPoints: ['10.1.0.1:9042'], datacenter: dc1, keyspace: shop }
pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080' }
feed: datastax
datastax: ${datastax}
`,
    '/conf/cdcmig.yaml',
  );
  return datastaxConnectors([aTable({ keyspace: 'shop', name: table })], config)[0]!;
}

const login = ", username: reader, password: 'env:P'";
const builtin = `{ read: data, connector: { builtin: cassandra-source, runtime: process, outputFormat: key-value-json, parallelism: 3,
  settings: { auth.password: 'env:WORKER_PASSWORD', batch.size: 50, ssl.hostnameValidation: true } } }`;

describe('a connector’s file', () => {
  test.each([
    ['with nothing but what the migration says', planned('{ read: data }')],
    ['with a login and settings', planned(builtin, { login })],
    ['of a table that is a word of YAML', planned('{ read: data }', { table: 'on' })],
    ['of a table that is a number', planned('{ read: data }', { table: '1e3' })],
  ])('says what the plan says, by either version of YAML: %s', (_, definition) => {
    const text = connectorFile(definition);
    expect(parse(text)).toEqual(definition);
    expect(parse(text, { version: '1.1' })).toEqual(definition);
  });

  test('has the template’s remarks on what it has, and none on what it has not', () => {
    const bare = connectorFile(planned('{ read: data }'));
    expect(bare).toContain('# Key_Shared cannot take');
    expect(bare).not.toMatch(/auth\.|built into/);
    const full = connectorFile(planned(builtin, { login }));
    expect(full).toMatch(/# The source asks for a login.*\n {2}auth\.username: "reader"/);
    expect(full).toMatch(/# Only what is built into the worker.*\narchive: "builtin:\/\/cassandra-source"/);
  });

  test('has no value of the template that is not planned', () => {
    const definition = {
      tenant: 't',
      namespace: 'n',
      name: 'c',
      topicName: 'o',
      parallelism: 2,
      configs: { keyspace: 'k' },
    };
    expect(parse(connectorFile(definition))).toEqual(definition);
  });
});

test('the template itself is a connector as a plan would have it', () => {
  const settings = '{ auth.password: "env:SOURCE_PASSWORD" }';
  const definition = planned(
    `{ read: data, connector: { builtin: cassandra-source, runtime: process, settings: ${settings} } }`,
    { login: ", username: cdcmig, password: 'env:P'" },
  );
  expect(parse(template)).toEqual(definition);
});
