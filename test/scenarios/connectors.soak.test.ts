import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/adapters/clock.ts';
import { openConnectors } from '../../src/adapters/pulsar/open-connectors.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { connectorHealth } from '../../src/phases/connector-health.ts';
import { ensureConnectors } from '../../src/phases/ensure-connectors.ts';
import { eventsPartitions } from '../../src/phases/events-topics.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { datastaxConnectors } from '../../src/plan/datastax-connectors.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { startLonePulsar } from '../../src/sandbox/start-lone-pulsar.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { aTable } from '../support/a-table.ts';
import { datastaxArchive } from './operator/datastax-archive.ts';

const patience = 600_000;
const isReal = process.env.CDCMIG_DATASTAX_CONNECTOR !== undefined;
const table = aTable({ keyspace: 'shop', name: 'orders' });
const none = new AbortController().signal;

let dir = '';
let context: PhaseContext;
let bus: MessageBus;
const events: ProgressEvent[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-connectors-'));
  const { pulsar } = await startLonePulsar({ dir: join(dir, 'pulsar'), runsConnectors: true });
  const config = parseConfig(
    stringify({
      ...{ migration: 'shop', feed: 'datastax', source: await theSource(), target: cluster('10.0.0.1:9042') },
      pulsar: { serviceUrl: pulsar.serviceUrl, adminUrl: pulsar.adminUrl },
      datastax: {
        read: 'data',
        eventsPartitions: 2,
        connector: { ...(await datastaxArchive(dir)), runtime: 'process' },
      },
    }),
    join(dir, 'cdcmig.yaml'),
  );
  bus = await openPulsarBus({ ...config.pulsar, clientName: 'connectors' });
  await bus.ensureNamespace();
  for (const topic of ['events-shop.orders', 'data-shop.orders']) await bus.ensureTopic(topic, 2);
  await bus.ensureSubscription('events-shop.orders', config.datastax.connectorSubscription);
  context = {
    ...{ config, bus, clock: systemClock(), signal: none, connectors: openConnectors(config.pulsar) },
    plan: { connectors: datastaxConnectors([table], config) },
    report: (event: ProgressEvent) => events.push(event),
  } as unknown as PhaseContext;
}, patience);

afterAll(async () => {
  await bus?.close();
  for (const name of ['pulsar', 'source']) await wipeSandbox(join(dir, name));
  rmSync(dir, { recursive: true, force: true });
}, patience);

function cluster(contactPoint: string) {
  return { contactPoints: [contactPoint], datacenter: 'datacenter1', keyspace: 'shop' };
}

/** The stand-in connects to nothing. */
async function theSource() {
  if (!isReal) return cluster('10.0.0.1:9042');
  const { source }: Sandbox = await startLoneNode({ dir: join(dir, 'source'), cassandra: '4.0' });
  const client = await openClient(source[0]!);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  await client.execute('CREATE TABLE shop.orders (id int PRIMARY KEY, name text) WITH cdc = true');
  await client.shutdown();
  const { address, cqlPort, datacenter } = source[0]!;
  return { ...cluster(`${address}:${cqlPort}`), datacenter };
}

const health = () => connectorHealth({ name: 'shop-orders', table: 'orders' }, context);

test(
  'a functions worker takes the archive, runs the connector as planned, and has it the next time',
  async () => {
    expect(await ensureConnectors(context)).toBe('connectors: 1 created, 0 were there');
    expect((await context.connectors.read('shop-orders'))!.configs).toMatchObject(context.plan.connectors[0]!.configs);
    expect(await ensureConnectors(context)).toBe('connectors: 0 created, 1 were there');
    expect(await health()).toMatchObject({ wrong: [], lost: 0 });
  },
  patience,
);

test(
  'one that is there otherwise is told by what the worker says of it, and left',
  async () => {
    const [planned] = context.plan.connectors;
    const other = { ...planned!, parallelism: 2, configs: { ...planned!.configs, outputFormat: 'key-value-json' } };
    const asked = ensureConnectors({ ...context, plan: { ...context.plan, connectors: [other] } });
    await expect(asked).rejects.toThrow(
      /parallelism 1 instead of 2; outputFormat key-value-avro instead of key-value-json/,
    );
    expect(await health()).toMatchObject({ wrong: [], lost: 0 });
  },
  patience,
);

test.skipIf(isReal)(
  'one whose process dies is told as restarted, and takes its events alone again',
  async () => {
    const { restarts } = await health();
    const [topic] = eventsPartitions(context.config, table);
    const publisher = await bus.publisher(topic!);
    await publisher.publish({ payload: Buffer.from('die') });
    await publisher.close();
    // A process of its own leaves no consumer behind.
    const isBack = async () => {
      const now = await health();
      return now.restarts > restarts && now.wrong.length === 0;
    };
    await expect.poll(isBack, { timeout: 300_000, interval: 1_000 }).toBe(true);
  },
  patience,
);
