import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { openConnectors } from '../../src/adapters/pulsar/open-connectors.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { ensureConnectors } from '../../src/phases/ensure-connectors.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { datastaxConnectors } from '../../src/plan/datastax-connectors.ts';
import { aClock } from '../support/a-clock.ts';
import { aFunctionsWorker } from '../support/a-functions-worker.ts';
import { aTable } from '../support/a-table.ts';

const tables = ['orders', 'carts'].map((name) => aTable({ keyspace: 'shop', name }));

async function aMigration(connector: object | null = { builtin: 'cassandra-source', runtime: 'process' }) {
  const worker = await aFunctionsWorker();
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-connectors-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'pulsar-cassandra-source-2.3.9.nar'), 'nar');
  const cluster = { contactPoints: ['10.0.0.1:9042'], datacenter: 'dc1', keyspace: 'shop' };
  const config = parseConfig(
    stringify({
      ...{ migration: 'shop', feed: 'datastax', source: cluster, target: cluster },
      pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: worker.adminUrl },
      datastax: { read: 'data', eventsPartitions: 2, ...(connector && { connector }) },
    }),
    join(folder, 'cdcmig.yaml'),
  );
  const events: ProgressEvent[] = [];
  const consumers = new Map<string, number>();
  const clock = aClock();
  const context = {
    ...{ config, clock, plan: { connectors: datastaxConnectors(tables, config) } },
    connectors: openConnectors({ ...config.pulsar, patienceMs: 5_000 }),
    bus: { backlog: async (topic: string) => ({ mostConsumers: consumers.get(topic) ?? 1 }) },
    report: (event: ProgressEvent) => events.push(event),
    signal: new AbortController().signal,
  } as unknown as PhaseContext;
  const warnings = () => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
  return { ...worker, context, consumers, warnings, clock, ensure: () => ensureConnectors(context) };
}

describe('start-source with connectors to make', () => {
  test('makes one for every table as the plan has it, and verifies them the next time', async () => {
    const { ensure, sources, context, seen } = await aMigration();
    expect(await ensure()).toBe('connectors: 2 created, 0 were there');
    expect([...sources.values()].map(({ config }) => config)).toMatchObject(context.plan.connectors);
    const made = seen.filter((request) => request.startsWith('POST'));
    expect(await ensure()).toBe('connectors: 0 created, 2 were there');
    expect(seen.filter((request) => request.startsWith('POST'))).toEqual(made);
  });

  test('uploads the archive for each', async () => {
    const sha256 = createHash('sha256').update('nar').digest('hex');
    const archive = { localArchive: 'pulsar-cassandra-source-2.3.9.nar', sha256, runtime: 'kubernetes' };
    const { ensure, sources } = await aMigration(archive);
    await ensure();
    expect([...sources.values()].map((source) => source.archive?.content.toString())).toEqual(['nar', 'nar']);
  });

  test('leaves one that is otherwise as it is, tells all of them, and makes none', async () => {
    const { ensure, sources, context } = await aMigration();
    const [orders] = context.plan.connectors;
    const config = { ...orders, parallelism: 3, configs: { ...orders!.configs, outputFormat: 'json', columns: 'a.*' } };
    sources.set(orders!.name, { config, archive: undefined });
    await expect(ensure()).rejects.toThrow(
      /connector shop-orders .*parallelism 3 instead of 1; outputFormat json instead of key-value-avro; columns a\.\* instead of \.\*/,
    );
    expect(sources.size).toBe(1);
  });

  test('waits until every instance runs', async () => {
    const { ensure, state } = await aMigration();
    let looks = 0;
    state.words.set('shop-orders', () => [{ running: ++looks > 5, error: looks > 5 ? '' : 'not scheduled' }]);
    await ensure();
    expect(looks).toBeGreaterThan(6);
  });

  test('does not take one that is restarted between looks for one that runs', async () => {
    const { ensure, state } = await aMigration();
    let restarts = 0;
    state.words.set('shop-carts', () => [{ numRestarts: restarts++ }]);
    await expect(ensure()).rejects.toThrow(/connector shop-carts to run; found \d+ restarts.*does not tell why/);
  });

  test.each([
    [0, /0 consumers of 1 on events-shop\.orders-partition-1.*Next: see its log/],
    [2, /2 consumers of 1 on events-shop\.orders-partition-1.*Next: give its functions worker the process runtime/],
  ])('does not believe a status beside %i consumers', async (count, pattern) => {
    const { ensure, consumers } = await aMigration();
    consumers.set('events-shop.orders-partition-1', count);
    await expect(ensure()).rejects.toThrow(pattern);
  });

  test('is not misled by the words of an error', async () => {
    const { ensure, state } = await aMigration();
    state.words.set('shop-carts', () => [{ running: false, error: 'no thread runtime for you' }]);
    await expect(ensure()).rejects.toThrow(/no thread runtime for you.*Next: see its log/);
  });

  test('warns of what the status calls no error', async () => {
    const { ensure, state, warnings } = await aMigration();
    state.words.set('shop-orders', () => [{ numRestarts: 3, numSystemExceptions: 2 }]);
    await ensure();
    expect(warnings()).toEqual([
      expect.stringMatching(/shop-orders.*2 records could not be published and are lost/),
      expect.stringMatching(/shop-orders.*restarted 3 times/),
    ]);
  });

  test('touches none that the operator makes', async () => {
    const { ensure, seen } = await aMigration(null);
    expect(await ensure()).toBeUndefined();
    expect(seen).toEqual([]);
  });
});
