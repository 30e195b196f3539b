import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { datastaxFindings } from '../../src/plan/datastax-findings.ts';
import { readFixture } from '../feeds/datastax/fixture-file.ts';
import { aTable, type TableParts } from '../support/a-table.ts';

const config = { feed: 'datastax', datastax: { vouchedFor: [] as string[] } } as unknown as Config;

function found(parts: TableParts) {
  return datastaxFindings([aTable(parts)], [], config).map(({ severity, found: text }) => `${severity}: ${text}`);
}

describe('the DataStax feed', () => {
  test.each(['4.1.10', '5.0.9', '3.11.19'])('is refused for Cassandra %s', (releaseVersion) => {
    const findings = datastaxFindings([], [{ address: '10.0.0.1', releaseVersion }], config);
    expect(findings).toMatchObject([{ severity: 'fault', found: releaseVersion }]);
    expect(findings[0]!.next).toContain(releaseVersion.split('.').slice(0, 2).join('.'));
  });

  test('takes 4.0, and what the operator vouches for', () => {
    const nodes = ['4.0.19', '5.0.9'].map((releaseVersion) => ({ address: 'a', releaseVersion }));
    const vouching = { ...config, datastax: { ...config.datastax, vouchedFor: ['5.0'] } };
    expect(datastaxFindings([], nodes, vouching)).toEqual([]);
  });

  test.each([
    ['agent-c4-2.3.9-all.jar', []],
    ['agent-c4-2.3.5-all.jar', ['warning: 2.3.5, by its name']],
    ['cdc-agent.jar', ['warning: no version in the name cdc-agent.jar']],
  ])('is installed from %s with a word on its release', (localJar, expected) => {
    const installing = { ...config, datastax: { ...config.datastax, agent: { localJar: `/x/${localJar}` } } };
    const findings = datastaxFindings([], [], installing as unknown as Config);
    expect(findings.map(({ severity, found: text }) => `${severity}: ${text}`)).toEqual(expected);
  });

  test('takes a connector’s archive with a word on its release', () => {
    const connector = { localArchive: '/x/pulsar-cassandra-source-2.4.0.nar' };
    const creating = { ...config, datastax: { ...config.datastax, connector } } as unknown as Config;
    expect(datastaxFindings([], [], creating).map(({ found: text }) => text)).toEqual(['2.4.0, by its name']);
  });

  test('takes a table of native keys without a word', () => {
    expect(found({ partitionKey: { id: 'uuid', day: 'date' } })).toEqual([]);
  });

  test.each(['keys_2dec', 'simple', 'prims', 'twodec'])('takes %s, which was recorded whole', (name) => {
    const { table } = readFixture(name);
    expect(datastaxFindings([table], [], config).filter(({ severity }) => severity === 'fault')).toEqual([]);
  });

  test.each([
    ['a frozen collection', { id: 'frozen<list<int>>' }, /passes over every change/],
    ['a tuple', { id: 'frozen<tuple<int, int>>' }, /passes over every change/],
    ['a name with capitals', { Id: 'int' }, /again and again/],
    ['a name that Avro does not take', { 'my-id': 'int' }, /again and again/],
    ['a time', { at: 'time' }, /another row/],
  ])('refuses a key with %s', (_, partitionKey, pattern) => {
    expect(found({ partitionKey: partitionKey as never })).toEqual([expect.stringMatching(pattern)]);
  });

  test('warns of range deletes where there can be some, and of statics', () => {
    const texts = found({ clustering: { seq: 'int' }, statics: { motto: 'text' } });
    expect(texts).toEqual([
      expect.stringMatching(/^warning: .*range delete/),
      expect.stringMatching(/^warning: .*whole partition/),
    ]);
  });

  test('says nothing of counters, which the cutover copies whoever tells of them', () => {
    expect(found({ isCounter: true, clustering: { seq: 'int' } })).toEqual([]);
  });

  test('asks nothing of our own agents', () => {
    expect(datastaxFindings([aTable({ partitionKey: { at: 'time' } })], [], { ...config, feed: 'cdcmig' })).toEqual([]);
  });
});
