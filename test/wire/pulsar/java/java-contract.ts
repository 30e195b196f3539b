import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { PulsarLine } from '../../../../src/sandbox/sandbox-release.ts';
import { parseMessageId } from '../../../../src/wire/pulsar/message-id.ts';
import type { ConsumerOptions, ProducerOptions } from '../../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, type BrokerRoom, numbered, receiveMany, sendAll, staysSilent, texts } from '../broker-room.ts';
import {
  type CanonicalMessage,
  canonicalOfDescribed,
  canonicalOfJava,
  canonicalOfOurs,
  contentOf,
} from './canonical-message.ts';
import { asJavaOutgoing, asOutgoing, type DescribedMessage, describedMessages, noise } from './described-messages.ts';
import { type JavaCounterpart, startJavaCounterpart } from './java-counterpart.ts';
import { type JavaMessage, type JavaRow, javaCompressions } from './java-requests.ts';

export interface BrokerOfContract {
  readonly serviceUrl: string;
  readonly adminUrl: string;
}

const patienceMs = 10_000;
const silenceMs = 700;
/** What a broker takes by default, less what both clients keep for what stands around the payload. */
const greatestPayload = 5 * 1024 * 1024 - 32 * 1024;

/** What goes from Java's client to ours and back arrives as it was sent; one JVM for all of it. */
export function javaContract(line: PulsarLine, open: () => Promise<BrokerOfContract>): void {
  describe(`beside the Java client of Pulsar ${line}`, () => {
    const chunks = line === '2.10' ? { bytes: 0, payloadBytes: 11_000_000 } : { bytes: 60_000, payloadBytes: 350_000 };
    let room: BrokerRoom;
    let java: JavaCounterpart;

    beforeAll(async () => {
      const broker = await open();
      room = aBrokerRoom(broker);
      java = await startJavaCounterpart({ serviceUrl: broker.serviceUrl, line });
      // A line that was never run here is downloaded first.
    }, 600_000);

    afterAll(() => java?.[Symbol.asyncDispose]());

    async function ours(topic: string, options: Partial<ConsumerOptions> = {}) {
      const client = await room.connect();
      const common = { subscription: 'ours', type: 'Exclusive', initialPosition: 'earliest' } as const;
      return client.consumer({ topic, ...common, ...options });
    }

    async function producer(topic: string, options: Partial<ProducerOptions> = {}) {
      return (await room.connect()).producer({ topic, ...options });
    }

    async function subscribeJava(
      topic: string,
      options: { subscription?: string; decodes?: boolean; type?: 'Shared' | 'Key_Shared' } = {},
    ) {
      const consumer = `${topic} ${Math.random()}`;
      await java.ask({ op: 'subscribe', consumer, topic, subscription: 'java', ...options });
      onTestFinished(() => java.ask({ op: 'close', consumer }).then(undefined, () => {}));
      return consumer;
    }

    async function readByJava(consumer: string, count: number, ms = patienceMs): Promise<readonly JavaMessage[]> {
      return (await java.ask({ op: 'receive', consumer, count, patienceMs: ms })).messages;
    }

    /** Both clients read the topic; what they saw is the same. */
    async function seenByBoth(topic: string, count: number): Promise<readonly CanonicalMessage[]> {
      const byOurs = (await receiveMany(await ours(topic), count)).map(canonicalOfOurs);
      const byJava = (await readByJava(await subscribeJava(topic), count)).map(canonicalOfJava);
      expect(byOurs).toEqual(byJava);
      return byOurs;
    }

    describe.each(javaCompressions)('compressed as %s by Java', (compression) => {
      test.each(['none', 'default', 'key'] as const)('with batching %s, ours reads every field', async (batching) => {
        const topic = await room.topic();
        const described = describedMessages();
        const messages = described.map(asJavaOutgoing);
        const sent = await java.ask({ op: 'produce', topic, name: 'java', compression, batching, messages });
        const seen = await seenByBoth(topic, described.length);
        expect(byId(seen).map(contentOf)).toEqual(inOrderOf(sent.ids, described).map(canonicalOfDescribed));
        expect(sorted(seen.map(({ id }) => id))).toEqual(sorted(sent.ids));
      });

      test('a message as large as a broker takes is read by ours', async () => {
        const topic = await room.topic();
        const described = [
          { payload: Buffer.alloc(greatestPayload, 'large and repeated ') },
          { payload: noise(4_000_000) },
        ];
        await java.ask({ op: 'produce', topic, name: 'java', compression, messages: described.map(asJavaOutgoing) });
        expect((await seenByBoth(topic, 2)).map(contentOf)).toEqual(described.map(canonicalOfDescribed));
      });
    });

    test.each(javaCompressions)(
      'a message that Java cut into chunks, compressed as %s, is read whole',
      async (compression) => {
        const topic = await room.topic();
        const described = [
          {
            payload: noise(chunks.payloadBytes),
            key: 'chunked',
            properties: { of: 'many' },
            orderingKey: Buffer.from([1, 2]),
            eventTime: 7,
          },
          { payload: Buffer.from('not chunked') },
          { payload: Buffer.concat([noise(90_000), Buffer.alloc(200_000), noise(90_000)]), key: 'again' },
        ];
        const messages = described.map(asJavaOutgoing);
        const sent = await java.ask({
          op: 'produce',
          topic,
          name: 'java',
          compression,
          chunkBytes: chunks.bytes,
          messages,
        });
        const seen = await seenByBoth(topic, described.length);
        expect(seen.map(contentOf)).toEqual(described.map(canonicalOfDescribed));
        expect(seen.map(({ id }) => id)).toEqual(sent.ids);
      },
    );

    describe.each(['none', 'lz4'] as const)('compressed as %s by ours', (compression) => {
      test.each([
        ['none', false],
        ['default', undefined],
      ] as const)('with batching %s, Java reads every field', async (_, batching) => {
        const topic = await room.topic();
        const described = describedMessages();
        const sender = await producer(topic, { name: 'ours', compression, batching });
        const ids = await Promise.all(described.map((message) => sender.send(asOutgoing(message))));
        const seen = await seenByBoth(topic, described.length);
        expect(seen.map(contentOf)).toEqual(described.map(canonicalOfDescribed));
        expect(seen.map(({ id }) => parseMessageId(id))).toEqual(ids.map(({ batchSize, ...id }) => id));
        expect(seen.map(({ sequenceId }) => sequenceId)).toEqual(described.map((_, i) => i));
      });

      test('a message as large as a broker takes is read by Java', async () => {
        const topic = await room.topic();
        const described = [
          { payload: Buffer.alloc(greatestPayload, 'large and repeated ') },
          { payload: noise(greatestPayload), key: 'key' },
        ];
        const sender = await producer(topic, { compression });
        await Promise.all(described.map((message) => sender.send(asOutgoing(message))));
        expect((await seenByBoth(topic, 2)).map(contentOf)).toEqual(described.map(canonicalOfDescribed));
      });
    });

    describe.each(['AVRO', 'JSON'] as const)('rows of %s', (kind) => {
      test.each(['SEPARATED', 'INLINE'] as const)(
        'with the key %s are read by ours, and written back as Java reads them',
        async (encoding) => {
          const [topic, copy] = [await room.topic(), await room.topic()];
          // A row without a value cannot be written with its key inline.
          const rows = someRows().filter(({ v }) => v !== null || encoding === 'SEPARATED');
          await java.ask({ op: 'produceKeyValues', topic, name: 'java', kind, encoding, rows, batching: 'default' });
          await seenByBoth(topic, rows.length);

          const client = await room.connect();
          const reader = await client.reader({ topic, start: 'earliest' });
          const received = await receiveMany(reader, rows.length);
          const schema = await client.schema(topic, received[0]!.schemaVersion!);
          expect({ type: schema.type, encoding: schema.properties['kv.encoding.type'] }).toEqual({
            type: 15,
            encoding,
          });
          const writer = await client.producer({ topic: copy, schema, compression: 'lz4' });
          await Promise.all(
            received.map(({ key, payload, isNull }) => writer.send({ ...(key && { key }), payload, isNull })),
          );

          const decoded = await readByJava(await subscribeJava(copy, { decodes: true }), rows.length);
          expect(decoded.map((message) => message.decoded)).toEqual(rows.map(shownRow));
        },
      );
    });

    test('what ours acknowledged does not come to Java: whole batches one by one, and all up to one', async () => {
      const topic = await room.topic();
      const sender = await producer(topic);
      for (const batch of [numbered(1, 5), numbered(6, 10), numbered(11, 15), numbered(16, 20)])
        await sendAll(sender, batch);
      const consumer = await ours(topic, { subscription: 'shared by both' });
      const received = await receiveMany(consumer, 20);
      await consumer.ackCumulative(received[4]!.id);
      await Promise.all(received.slice(10, 15).map(({ id }) => consumer.ack(id)));
      await consumer.close();
      const left = await readByJava(await subscribeJava(topic, { subscription: 'shared by both' }), 20, silenceMs);
      expect(payloadsOf(left)).toEqual([...numbered(6, 10), ...numbered(16, 20)]);
    });

    test('what ours acknowledged in the middle of a batch does not come to Java, if the broker can tell', async ({
      skip,
    }) => {
      if (!(await room.hasBatchIndexAcks())) skip('the broker acknowledges whole entries only');
      const topic = await room.topic();
      const sender = await producer(topic);
      for (const batch of [numbered(1, 70), numbered(71, 80)]) await sendAll(sender, batch);
      const consumer = await ours(topic, { subscription: 'shared by both', batchIndexAcks: true });
      const received = await receiveMany(consumer, 80);
      await consumer.ackCumulative(received[66]!.id);
      await Promise.all([68, 72, 79].map((place) => consumer.ack(received[place]!.id)));
      await consumer.close();
      const left = await readByJava(await subscribeJava(topic, { subscription: 'shared by both' }), 80, silenceMs);
      expect(payloadsOf(left)).toEqual(['68', '70', '71', '72', ...numbered(74, 79)]);
    });

    test('of a Key_Shared subscription each key comes to one of both only, in order', async () => {
      const topic = await room.topic();
      const own = await ours(topic, { type: 'Key_Shared', subscription: 'shared by both' });
      const consumer = await subscribeJava(topic, { type: 'Key_Shared', subscription: 'shared by both' });
      const sender = await producer(topic, { batching: false });
      const sends = numbered(0, 299).map((n) => ({
        payload: Buffer.from(n),
        key: Buffer.from(`key-${Number(n) % 30}`),
      }));
      await Promise.all(sends.map((message) => sender.send(message)));
      const byJava = (await readByJava(consumer, 300, silenceMs)).map(canonicalOfJava);
      const byOurs = (await receiveMany(own, 300 - byJava.length)).map(canonicalOfOurs);
      expect(Math.min(byJava.length, byOurs.length)).toBeGreaterThan(0);
      const keys = (messages: readonly CanonicalMessage[]) => [...new Set(messages.map(({ key }) => key))];
      expect(keys(byOurs).filter((key) => keys(byJava).includes(key))).toEqual([]);
      for (const seen of [byJava, byOurs]) {
        for (const key of keys(seen)) {
          const ids = seen.filter((message) => message.key === key).map(({ sequenceId }) => sequenceId);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
          expect(ids).toHaveLength(10);
        }
      }
    });

    test('what Java acknowledged does not come to ours', async () => {
      const topic = await room.topic();
      const sender = await producer(topic, { batching: false });
      await sendAll(sender, numbered(1, 10));
      const consumer = await subscribeJava(topic, { subscription: 'shared by both' });
      await readByJava(consumer, 10);
      await java.ask({ op: 'acknowledge', consumer, places: [2], isCumulative: true });
      await java.ask({ op: 'acknowledge', consumer, places: [5, 8] });
      await java.ask({ op: 'close', consumer });
      const own = await ours(topic, { subscription: 'shared by both' });
      expect(texts(await receiveMany(own, 5))).toEqual(['4', '5', '7', '8', '10']);
      expect(await staysSilent(own, silenceMs)).toBe(true);
    });

    test('what one of both refuses or leaves comes to the other, and it is counted how often', async () => {
      const topic = await room.topic();
      const own = await ours(topic, { type: 'Shared', subscription: 'shared by both' });
      const sender = await producer(topic, { batching: false });
      await sendAll(sender, numbered(1, 4));
      const received = await receiveMany(own, 4);
      await Promise.all(received.slice(0, 3).map(({ id }) => own.ack(id)));
      own.nack(received[3]!.id, 10);
      expect((await receiveMany(own, 1))[0]!.redeliveryCount).toBe(1);
      const consumer = await subscribeJava(topic, { subscription: 'shared by both', type: 'Shared' });
      await own.close();
      const again = await readByJava(consumer, 1);
      expect(payloadsOf(again)).toEqual(['4']);
      expect(again[0]!.redeliveryCount).toBeGreaterThan(0);
      await java.ask({ op: 'negative', consumer, places: [0] });
      await java.ask({ op: 'close', consumer });
      const next = await ours(topic, { type: 'Shared', subscription: 'shared by both' });
      expect(texts(await receiveMany(next, 1))).toEqual(['4']);
    });

    test('where ours seeks to, Java goes on: into a batch of Java by its id, and by time', async () => {
      const topic = await room.topic();
      const messages = numbered(1, 9).map((n) => ({ payload: Buffer.from(n).toString('base64') }));
      const { ids } = await java.ask({ op: 'produce', topic, name: 'java', batching: 'none', messages });
      const own = await ours(topic, { subscription: 'shared by both' });
      const all = await receiveMany(own, 9);
      await own.ackCumulative(all[8]!.id);
      await own.seek(parseMessageId(ids[6]!));
      expect(texts(await receiveMany(own, 3))).toEqual(['7', '8', '9']);
      await own.close();
      const consumer = await subscribeJava(topic, { subscription: 'shared by both' });
      expect(payloadsOf(await readByJava(consumer, 3))).toEqual(['7', '8', '9']);
      await java.ask({ op: 'acknowledge', consumer, places: [2], isCumulative: true });
      await java.ask({ op: 'close', consumer });

      const again = await ours(topic, { subscription: 'shared by both' });
      await again.seek({ publishTimeMs: all[0]!.publishTimeMs });
      expect(texts(await receiveMany(again, 9))).toEqual(numbered(1, 9));
    });

    test('a seek of ours lands within a batch that Java wrote', async () => {
      const topic = await room.topic();
      const messages = numbered(1, 9).map((n) => ({ payload: Buffer.from(n).toString('base64') }));
      const { ids } = await java.ask({ op: 'produce', topic, name: 'java', batching: 'default', messages });
      const own = await ours(topic);
      await own.seek(parseMessageId(ids[4]!));
      expect(texts(await receiveMany(own, 5))).toEqual(numbered(5, 9));
    });

    test('a message that Java holds back comes to ours when its time has come', async () => {
      const topic = await room.topic();
      const own = await ours(topic, { type: 'Shared' });
      const payload = Buffer.from('later').toString('base64');
      const began = Date.now();
      await java.ask({ op: 'produce', topic, name: 'java', messages: [{ payload, deliverAfterMs: 2_000 }] });
      expect(texts(await receiveMany(own, 1))).toEqual(['later']);
      expect(Date.now() - began).toBeGreaterThan(1_000);
    });
  });
}

function payloadsOf(messages: readonly JavaMessage[]): string[] {
  return messages.map(({ payload }) => Buffer.from(payload!, 'base64').toString());
}

/** Key-based batches reorder: what was sent, in the order in which it lies on the topic. */
function inOrderOf(ids: readonly string[], messages: readonly DescribedMessage[]): readonly DescribedMessage[] {
  return messages
    .map((message, i) => ({ id: ids[i]!, message }))
    .sort((a, b) => compareIds(a.id, b.id))
    .map(({ message }) => message);
}

function byId(messages: readonly CanonicalMessage[]): readonly CanonicalMessage[] {
  return messages.toSorted((a, b) => compareIds(a.id, b.id));
}

function sorted(ids: readonly string[]): readonly string[] {
  return ids.toSorted(compareIds);
}

function compareIds(a: string, b: string): number {
  const [left, right] = [parseMessageId(a), parseMessageId(b)];
  return left.ledgerId - right.ledgerId || left.entryId - right.entryId || left.batchIndex - right.batchIndex;
}

function someRows(): readonly JavaRow[] {
  return Array.from({ length: 12 }, (_, i) => ({
    pk: i - 3,
    ck: i % 5 === 0 ? null : `c${i}-ключ`,
    v: i % 4 === 3 ? null : `value ${i}`,
  }));
}

function shownRow({ pk, ck, v }: JavaRow): string {
  return `pk=${pk},ck=${ck} -> ${v === null ? 'null' : `v=${v}`}`;
}
