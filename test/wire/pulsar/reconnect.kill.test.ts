import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { killServer, startServer } from '../../../src/sandbox/control-server.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';
import { startLonePulsar } from '../../../src/sandbox/start-lone-pulsar.ts';
import { wipeSandbox } from '../../../src/sandbox/stop-sandbox.ts';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import type { Consumer, Producer, PulsarClient, Reader } from '../../../src/wire/pulsar/types.ts';

const dir = mkdtempSync(join(tmpdir(), 'cdcmig-pulsar-'));
const topic = 'persistent://public/default/crashes';
const deduplicated = `${topic}-once`;
const total = 12_000;
let sandbox: Sandbox;
let client: PulsarClient;

beforeAll(async () => {
  sandbox = await startLonePulsar({ dir });
  const admin = new PulsarAdmin(sandbox.pulsar);
  for (const name of [topic, deduplicated]) await admin.createTopic(name);
  await admin.setDeduplication(deduplicated, true);
  // It takes effect when the broker has read the policy.
  while ((await admin.topicStats(deduplicated)).deduplicationStatus !== 'Enabled') await sleep(100);
  client = await connectPulsar(sandbox.pulsar);
});

afterAll(async () => {
  await client?.close();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

test('a broker killed twice under load loses nothing: all is stored, received and read, in order; once, if deduplicated', async () => {
  const states: boolean[] = [];
  const onConnection = (isConnected: boolean) => states.push(isConnected);
  const producer = await client.producer({ topic, compression: 'lz4', onConnection });
  const numbering = await client.producer({ topic: deduplicated, name: 'numbering', compression: 'lz4' });
  const consumer = await client.consumer({ topic, subscription: 's', type: 'Failover', initialPosition: 'earliest' });
  const reader = await client.reader({ topic, start: 'earliest' });

  const received = new Set<number>();
  const readAgain = new Set<number>();
  const publishing = [publish(producer), publish(numbering, (n) => n * 10)];
  const work = Promise.all([...publishing, consume(consumer, received), read(reader, readAgain)]);
  for (const moment of [3_000, 8_000]) {
    await vi
      .waitFor(() => expect(received.size).toBeGreaterThan(moment), { timeout: 60_000 })
      .catch((cause) => throwWithStand({ producer, consumer, reader, received, readAgain }, cause));
    await killServer(sandbox, 'pulsar');
    await startServer(sandbox, 'pulsar');
  }
  await work;

  const expected = Array.from({ length: total }, (_, i) => i);
  expect([...received]).toEqual(expected);
  expect([...readAgain]).toEqual(expected);
  expect(producer.pendingCount).toBe(0);
  expect(states).toEqual([true, false, true, false, true]);
  expect(await stored(deduplicated)).toEqual(expected);
  expect(numbering.lastSequenceId).toBe((total - 1) * 10);
}, 240_000);

test('an exclusive producer holds its lock again after its broker was killed', async () => {
  const lock = `${topic}-lock`;
  // A broker that is just back takes topics a little later than connections: its bookie registers after it.
  await vi.waitFor(() => new PulsarAdmin(sandbox.pulsar).createTopic(lock), { timeout: 30_000, interval: 500 });
  const states: boolean[] = [];
  const holder = await client.producer({
    topic: lock,
    accessMode: 'Exclusive',
    onConnection: (isConnected) => states.push(isConnected),
  });
  await killServer(sandbox, 'pulsar');
  await startServer(sandbox, 'pulsar');
  await holder.send({ payload: Buffer.from('still mine') });
  expect(states).toEqual([true, false, true]);
  const other = await connectPulsar(sandbox.pulsar);
  try {
    await expect(other.producer({ topic: lock, accessMode: 'Exclusive' })).rejects.toMatchObject({
      code: 'ProducerFenced',
    });
  } finally {
    await other.close();
  }
}, 120_000);

/** Tells who stands still, and what the broker said last. */
function throwWithStand(ends: Readonly<Record<string, object>>, cause: Error): never {
  const stands = Object.entries(ends).map(([name, end]) => {
    const { isConnected, pendingCount, size } = end as { isConnected?: boolean; pendingCount?: number; size?: number };
    return `${name} ${JSON.stringify({ isConnected, pendingCount, size })}`;
  });
  const log = readFileSync(sandbox.pulsar.logFile, 'utf8').slice(-4_000);
  throw new Error(`${cause.message}: ${stands.join(', ')}; the broker's log ends with\n${log}`, { cause });
}

/** Spread over some seconds, that the crashes fall into it. */
async function publish(
  producer: Producer,
  sequenceIdOf: (n: number) => number | undefined = () => undefined,
): Promise<void> {
  const receipts: Promise<unknown>[] = [];
  for (let n = 0; n < total; n++) {
    await producer.readyToSend();
    receipts.push(producer.send({ payload: Buffer.from(String(n)), sequenceId: sequenceIdOf(n) }));
    if (n % 50 === 0) await sleep(20);
  }
  await Promise.all(receipts);
}

/** `seen` keeps the order of first sight: a batch may be stored, and a message received, more than once. */
async function consume(consumer: Consumer, seen: Set<number>): Promise<void> {
  while (seen.size < total) {
    const message = await consumer.receive(AbortSignal.timeout(120_000));
    seen.add(Number(message!.payload));
    if (seen.size % 100 === 0) void consumer.ackCumulative(message!.id);
  }
}

async function read(reader: Reader, seen: Set<number>): Promise<void> {
  while (seen.size < total) {
    const message = await reader.receive(AbortSignal.timeout(120_000));
    seen.add(Number(message!.payload));
  }
}

/** Every message on a topic, as often as it is there. */
async function stored(name: string): Promise<number[]> {
  const reader = await client.reader({ topic: name, start: 'earliest' });
  const last = await reader.lastMessageId();
  const found: number[] = [];
  while (reader.hasMoreBefore(last)) found.push(Number((await reader.receive(AbortSignal.timeout(60_000)))!.payload));
  await reader.close();
  return found;
}
