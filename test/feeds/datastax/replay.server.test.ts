import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock.ts';
import { openPulsarBus } from '../../../src/adapters/pulsar/open-pulsar-bus.ts';
import { openDeadLetters } from '../../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../../src/apply/target-writer.ts';
import type { Lane } from '../../../src/model/lane.ts';
import { parkedTopic, sinkSubscription, sliceJournal, topics } from '../../../src/model/topics.ts';
import { keyspacesWindow } from '../../../src/model/write-timestamp.ts';
import type { Message, MessageBus } from '../../../src/ports/message-bus.ts';
import { compareKeyspaces } from '../../../src/sandbox/demo/compare.ts';
import { openClient } from '../../../src/sandbox/demo/open-client.ts';
import { runSink } from '../../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../../src/stream/schema-follower.ts';
import type { SinkParts } from '../../../src/stream/sink-parts.ts';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../../support/two-keyspaces.ts';
import {
  type Channel,
  type FixtureFile,
  fixtureNames,
  messagesOf,
  readFixture,
  registeredForm,
} from './fixture-file.ts';
import { replayFrames } from './replay-frames.ts';

const clock = systemClock();
const namespace = `datastax-${randomUUID()}`;
const moved = ['simple', 'comp', 'clust', 'prims', 'keys_p', 'keys_2dec', 'twodec', 'keyonly', 'colls'].map(
  readFixture,
);

let bus: MessageBus;

beforeAll(async () => {
  const { serviceUrl, adminUrl } = inject('sandbox').pulsar;
  bus = await openPulsarBus({ serviceUrl, adminUrl, tenant: 'cdcmig-tests', namespace, clientName: 'replay' });
  await bus.ensureNamespace();
});
afterAll(async () => {
  await bus?.close();
  const admin = new PulsarAdmin({ adminUrl: inject('sandbox').pulsar.adminUrl });
  await admin.deleteNamespace(`cdcmig-tests/${namespace}`, { isForced: true }).catch(() => {});
});

function replay(topic: string, fixture: FixtureFile, channel: Channel): Promise<void> {
  const full = `persistent://cdcmig-tests/${namespace}/${topic}`;
  return replayFrames(inject('sandbox').pulsar, full, messagesOf(fixture, channel));
}

test.each(['events', 'avro', 'keyValueJson'] as const)(
  'recorded entries of %s come through a real broker and our client as they were recorded',
  async (channel) => {
    const topic = `recorded-${channel}`;
    await bus.ensureTopic(topic, 0);
    const fixtures = fixtureNames.map(readFixture);
    for (const fixture of fixtures) await replay(topic, fixture, channel);
    const recorded = fixtures.flatMap((fixture) => messagesOf(fixture, channel));
    const received = await readAll(topic);
    expect(received.map(shownMessage)).toEqual(
      recorded.map(({ keyHex, properties, payloadHex, publishTime }) => ({
        key: keyHex,
        properties,
        payload: payloadHex,
        publishTime,
      })),
    );
  },
);

describe('a sink on recorded events', () => {
  let two: TwoKeyspaces;
  const stops: AbortController[] = [];

  beforeAll(async () => {
    const inKs = (cql: string) =>
      cql
        .replace(/\bfx\./g, 'KS.')
        .replace(' AND cdc = true', '')
        .replace(' WITH cdc = true', '');
    const types = moved.flatMap((fixture) => fixture.types);
    const tables = moved.map(({ ddl }) => ddl);
    two = await openTwoKeyspaces(inject('sandbox'), 'recorded', [...types, ...tables].map(inKs));
    for (const { statements } of moved)
      for (const { cql } of statements) for (const statement of cql) await two.onSource(inKs(statement));
  }, 60_000);
  afterAll(async () => {
    for (const stop of stops) stop.abort();
    await two?.[Symbol.asyncDispose]();
  });

  test('makes the target what the source is now, after any order, any repeat and a death', {
    timeout: 60_000,
  }, async () => {
    const lanes = two.tables.map(({ name, id }): Lane => ({ topic: `events-fx.${name}`, tableId: id }));
    await prepare(lanes);
    const first = await startSink(lanes);
    for (const fixture of moved) await replay(`events-fx.${fixture.name}`, fixture, 'events');
    // In the middle of whatever it has in hand.
    first.stop();
    const books = await startSink(lanes);
    // Backwards, and all of it twice: no order is kept between nodes, and every replica tells.
    for (const fixture of [...moved, ...moved.toReversed()])
      await replay(`events-fx.${fixture.name}`, fixture, 'events');
    const events = 2 * moved.reduce((sum, fixture) => sum + messagesOf(fixture, 'events').length, 0);
    await expect.poll(() => books.counts.received, { timeout: 40_000 }).toBeGreaterThanOrEqual(events);
    await expect.poll(() => backlogOf(lanes), { timeout: 40_000 }).toBe(0);
    // The row of four seconds has gone on both sides by then.
    await clock.sleep(2_000);
    expect(books.counts.recopied + books.counts.duplicates).toBe(books.counts.received);
    expect(await differences()).toEqual([]);
    books.stop();
  });

  test('on recorded images differs by what an image cannot carry, and by nothing else', {
    timeout: 60_000,
  }, async () => {
    const images = moved.filter(({ name }) => imaged.includes(name));
    const connector = { eventsTopics: [], subscription: 'connector' };
    const lanes = images.map(({ name }): Lane => {
      const { id } = two.tables.find((table) => table.name === name)!;
      return { topic: `data-fx.${name}`, tableId: id, connector };
    });
    for (const { name } of moved) await two.onTarget(`TRUNCATE KS.${name}`);
    await prepare(lanes);
    for (const fixture of images) await registerSchemas(`data-fx.${fixture.name}`, fixture);
    const books = await startSink(lanes, images2024);
    // Twice: an image that comes again changes nothing.
    for (const fixture of [...images, ...images.toReversed()]) await replay(`data-fx.${fixture.name}`, fixture, 'avro');
    await expect.poll(() => backlogOf(lanes), { timeout: 40_000 }).toBe(0);
    expect(books.counts).toMatchObject({ recopied: 0 });
    const found = (await differences()).filter(({ table }) => imaged.includes(table));
    expect(found.map(({ table, column }) => `${table}.${column}`)).toEqual(['prims.c_time']);
    books.stop();
  });

  async function startSink(lanes: readonly Lane[], how: Pick<SinkParts, 'window' | 'handOverMicros'> = eventsNow()) {
    const stop = new AbortController();
    stops.push(stop);
    const baseline = await two.source.schema(two.keyspace);
    const counts = { received: 0, recopied: 0, duplicates: 0 };
    const report = (event: { readonly kind: string }) => {
      if (event.kind !== 'batch-applied') return;
      const { changes, duplicates, recopies } = event as unknown as Record<
        'changes' | 'duplicates' | 'recopies',
        number
      >;
      counts.received += changes;
      counts.duplicates += duplicates;
      counts.recopied += recopies;
    };
    const schema = await SchemaFollower.open({
      bus,
      clock,
      baseline,
      baselineAtMicros: clock.nowMicros() - 60_000_000n,
      readSchema: async () => ({ rows: baseline, atMicros: 0n }),
      onChange: () => {},
      onPoison: () => Promise.reject(new Error('not in this test')),
    });
    const parts = {
      bus,
      schema,
      clock,
      report,
      lanes,
      source: two.source,
      target: two.target,
      deadLetters: await openDeadLetters(bus, clock),
      workerName: 'replay',
      writer: createTargetWriter({ target: two.target, clock, report, maxInFlight: 64 }),
      ...how,
      keyspace: two.targetKeyspace,
      ruleOf: (id: string) => ({
        kind: 'applied' as const,
        table: two.tables.find((each) => each.id === id)!,
        leftOut: [],
      }),
      isGivenUp: () => false,
      recopiedTableIds: new Set(how === images2024 ? [] : two.tables.map(({ id }) => id)),
      nodes: [],
      targetSkewMicros: await two.target.clockSkewMicros(),
      copiedRanges: [],
      onTie: async () => {},
      snapshotDoneAt: () => undefined,
    };
    void runSink(parts, stop.signal).catch(() => {});
    return { counts, stop: () => stop.abort(new Error('stopped')) };
  }

  async function backlogOf(lanes: readonly Lane[]): Promise<number> {
    const backlogs = await Promise.all(lanes.map(({ topic }) => bus.backlog(topic, sinkSubscription)));
    return backlogs.reduce((sum, { entries }) => sum + entries, 0);
  }

  async function differences() {
    const { source, target } = inject('sandbox');
    const clients = [await openClient(source[0]!, two.keyspace), await openClient(target, two.targetKeyspace)] as const;
    try {
      return (await compareKeyspaces({ source: clients[0], target: clients[1] })).differences;
    } finally {
      await Promise.all(clients.map((client) => client.shutdown()));
    }
  }
});

/** Those without range deletes, truncates and TTLs, of which no image tells. */
const imaged = ['prims', 'keys_p', 'keys_2dec', 'twodec', 'colls'];

/** As if nothing had been captured before, and the target took stamps of any age: the recorded ones are of 2024. */
const images2024 = { window: { ...keyspacesWindow, pastMicros: 10n * 365n * 86_400_000_000n }, handOverMicros: 0n };

function eventsNow() {
  return { window: keyspacesWindow, handOverMicros: clock.nowMicros() };
}

/** In the order of their versions, so that the recorded numbers name them. */
async function registerSchemas(topic: string, fixture: FixtureFile): Promise<void> {
  const client = await connectPulsar({ serviceUrl: inject('sandbox').pulsar.serviceUrl });
  try {
    for (const { data, properties } of fixture.schemas.avro) {
      const full = `persistent://cdcmig-tests/${namespace}/${topic}`;
      await client.createSchema(full, { name: fixture.name, type: keyValue, data: registeredForm(data), properties });
    }
  } finally {
    await client.close();
  }
}

const keyValue = 15;

async function prepare(lanes: readonly Lane[]): Promise<void> {
  for (const [number, { topic }] of lanes.entries()) {
    await bus.ensureTopic(topic, 0);
    await bus.ensureTopic(sliceJournal(number), 0);
    await bus.ensureTopic(parkedTopic(number), 0);
    await bus.ensureSubscription(topic, sinkSubscription);
  }
  for (const topic of [topics.schema, topics.deadLetters, topics.progress]) await bus.ensureTopic(topic, 0);
}

async function readAll(topic: string): Promise<readonly Message[]> {
  const reader = await bus.reader(topic, { kind: 'earliest' });
  const messages: Message[] = [];
  for (let message = await reader.nextUntilEnd(); message; message = await reader.nextUntilEnd())
    messages.push(message);
  await reader.close();
  return messages;
}

function shownMessage({ key, properties, payload, publishedAtMs }: Message) {
  return { key: key?.toString('hex'), properties, payload: payload.toString('hex'), publishTime: publishedAtMs };
}
