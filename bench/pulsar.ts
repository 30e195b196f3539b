import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLonePulsar } from '../src/sandbox/start-lone-pulsar.ts';
import { wipeSandbox } from '../src/sandbox/stop-sandbox.ts';
import { PulsarAdmin } from '../src/wire/pulsar/admin.ts';
import { connectPulsar } from '../src/wire/pulsar/connect-pulsar.ts';
import { startJavaCounterpart } from '../test/wire/pulsar/java/java-counterpart.ts';
import type { JavaSpeed } from '../test/wire/pulsar/java/java-requests.ts';

/**
 * Produces and consumes batched messages with wire/pulsar and with the Java client of the same distribution, in one run against a broker of
 * its own. Prints messages a second and CPU seconds of the client's process a million messages; the first round of each warms up and is
 * not counted. `node bench/pulsar.ts [messages] [rounds]`.
 */
const count = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 3);
const batching = { maxMessages: 1000, maxBytes: 128 * 1024, maxDelayMs: 1 };
const maxPending = 5_000;
const receiveQueue = 5_000;

interface Figure {
  readonly perSecond: number;
  readonly cpuPerMillion: number;
}
type Work = 'produce' | 'consume';
type Name = 'ours' | 'java';

const dir = mkdtempSync(join(tmpdir(), 'cdcmig-bench-pulsar-'));
try {
  const { pulsar } = await startLonePulsar({ dir });
  const admin = new PulsarAdmin(pulsar);
  await using java = await startJavaCounterpart({ serviceUrl: pulsar.serviceUrl, isMeasured: true });
  const client = await connectPulsar(pulsar);
  say('| messages | work | client | messages/s | CPU s a million | CPU beside Java |');
  say('|---|---|---|---|---|---|');
  for (const size of [300, 1000]) {
    for (const compression of ['none', 'lz4'] as const) {
      const figures: Record<Work, Record<Name, Figure[]>> = {
        produce: { ours: [], java: [] },
        consume: { ours: [], java: [] },
      };
      for (let round = 0; round <= rounds; round++) {
        const topics = { ours: `ours-${size}-${compression}-${round}`, java: `java-${size}-${compression}-${round}` };
        for (const topic of Object.values(topics)) await admin.createTopic(`persistent://public/default/${topic}`);
        const measured = {
          produce: {
            ours: await produce(topics.ours, size, compression),
            java: await produceJava(topics.java, size, compression),
          },
          // The same entries for both.
          consume: { ours: await consume(topics.java), java: await consumeJava(topics.java) },
        };
        if (round > 0) note(figures, measured);
        for (const topic of Object.values(topics)) {
          await admin.deleteTopic(`persistent://public/default/${topic}`, { isForced: true });
        }
      }
      for (const work of ['produce', 'consume'] as const) report(`${size} B, ${compression}`, work, figures[work]);
    }
  }
  await client.close();

  async function produce(topic: string, size: number, compression: 'none' | 'lz4'): Promise<Figure> {
    const producer = await client.producer({ topic, compression, batching, maxPending });
    const payloads = payloadsOf(size);
    const figure = await measured(async () => {
      for (let i = 0; i < count; i++) {
        if (producer.pendingCount >= maxPending) await producer.readyToSend();
        void producer.send({ key: Buffer.from(String(i)), payload: payloads[i % payloads.length]! });
      }
      await producer.flush();
    });
    await producer.close();
    return figure;
  }

  async function consume(topic: string): Promise<Figure> {
    const options = { subscription: 'ours', type: 'Exclusive', initialPosition: 'earliest', receiveQueue } as const;
    const consumer = await client.consumer({ topic, ...options });
    const figure = await measured(async () => {
      let last: Promise<void> = Promise.resolve();
      let bytes = 0;
      for (let i = 0; i < count; i++) {
        const message = consumer.poll() ?? (await consumer.receive());
        bytes += message!.payload.length + message!.key!.length;
        last = consumer.ack(message!.id);
      }
      await last;
      if (bytes < count) throw new Error('messages are missing');
    });
    await consumer.close();
    return figure;
  }

  async function produceJava(topic: string, size: number, compression: 'none' | 'lz4'): Promise<Figure> {
    const payloads = payloadsOf(size).map((payload) => payload.toString('base64'));
    const limits = { batchMessages: batching.maxMessages, batchBytes: batching.maxBytes, pending: maxPending };
    return figureOf(await java.ask({ op: 'measureProduce', topic, payloads, count, compression, ...limits }));
  }

  async function consumeJava(topic: string): Promise<Figure> {
    const limits = { receiveQueue, pending: maxPending };
    return figureOf(await java.ask({ op: 'measureConsume', topic, subscription: 'java', count, ...limits }));
  }
} finally {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}

async function measured(work: () => Promise<void>): Promise<Figure> {
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  await work();
  const wallNanos = Number(process.hrtime.bigint() - began);
  const { user, system } = process.cpuUsage(cpu);
  return figureOf({ wallNanos, cpuNanos: (user + system) * 1e3 });
}

function figureOf({ wallNanos, cpuNanos }: JavaSpeed): Figure {
  return { perSecond: count / (wallNanos / 1e9), cpuPerMillion: cpuNanos / 1e9 / (count / 1e6) };
}

/** Rows as JSON: about three to one under LZ4, as row images are. */
function payloadsOf(size: number): readonly Buffer[] {
  return Array.from({ length: 256 }, (_, n) => {
    let text = '';
    for (let i = 0; text.length < size; i++)
      text += `{"column_${i}":${(n * 7_919 + i * 104_729) % 1_000_003},"state":"paid"},`;
    return Buffer.from(text.slice(0, size));
  });
}

function note(to: Record<Work, Record<Name, Figure[]>>, from: Record<Work, Record<Name, Figure>>): void {
  for (const work of ['produce', 'consume'] as const) {
    for (const name of ['ours', 'java'] as const) to[work][name].push(from[work][name]);
  }
}

function report(messages: string, work: Work, figures: Record<Name, readonly Figure[]>): void {
  const java = median(figures.java);
  for (const name of ['ours', 'java'] as const) {
    const { perSecond, cpuPerMillion } = median(figures[name]);
    const cells = [Math.round(perSecond), cpuPerMillion.toFixed(2), (cpuPerMillion / java.cpuPerMillion).toFixed(2)];
    say(`| ${[messages, work, name === 'ours' ? 'wire/pulsar' : 'Java', ...cells].join(' | ')} |`);
  }
}

function median(figures: readonly Figure[]): Figure {
  return figures.toSorted((a, b) => a.cpuPerMillion - b.cpuPerMillion)[Math.floor(figures.length / 2)]!;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
