import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import {
  type Message,
  type MessageBus,
  type Publisher,
  type Subscription,
  type SubscriptionKind,
  TopicTakenError,
} from '../../src/ports/message-bus.ts';

export interface BusUnderTest {
  /** Another client of the same namespace. */
  readonly connect: () => Promise<MessageBus>;
  readonly close: () => Promise<void>;
}

const patienceMs = 15_000;
const silenceMs = 500;

/** What every MessageBus does. */
export function messageBusContract(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`${name} keeps the contract of MessageBus`, () => {
    let under: BusUnderTest;
    let bus: MessageBus;
    let other: MessageBus;

    beforeAll(async () => {
      under = await open();
      bus = await under.connect();
      other = await under.connect();
      await bus.ensureNamespace();
    });

    afterAll(async () => {
      await bus?.close();
      await other?.close();
      await under?.close();
    });

    async function aTopic(partitionCount = 0): Promise<string> {
      const topic = `t-${randomUUID()}`;
      await bus.ensureTopic(topic, partitionCount);
      return topic;
    }

    async function aPublisher(topic: string, options = {}, from = bus): Promise<Publisher> {
      const publisher = await from.publisher(topic, options);
      onTestFinished(() => publisher.close());
      return publisher;
    }

    async function aSubscription(topic: string, kind: SubscriptionKind, from = bus): Promise<Subscription> {
      const subscription = await from.subscribe(topic, 'sub', kind);
      onTestFinished(() => subscription.close());
      return subscription;
    }

    async function aReader(topic: string, from: Parameters<MessageBus['reader']>[1]) {
      const reader = await bus.reader(topic, from);
      onTestFinished(() => reader.close());
      return reader;
    }

    describe('namespace, topics and subscriptions', () => {
      it('ensuring the namespace again is no error', async () => {
        await bus.ensureNamespace();
        await other.ensureNamespace();
      });

      it('a topic is described with its partitions, subscriptions and retention', async () => {
        const topic = await aTopic(3);
        await bus.ensureSubscription(topic, 'sub');
        const facts = { partitionCount: 3, subscriptions: ['sub'], isRetentionInfinite: true };
        expect(await bus.describeTopic(topic)).toEqual(facts);
        expect(await bus.describeTopic(`${topic}-partition-2`)).toEqual({ ...facts, partitionCount: 0 });
      });

      it('a topic that is not partitioned has zero partitions, and one that is not there no description', async () => {
        const topic = await aTopic();
        expect(await bus.describeTopic(topic)).toEqual({
          partitionCount: 0,
          subscriptions: [],
          isRetentionInfinite: true,
        });
        expect(await bus.describeTopic(`t-${randomUUID()}`)).toBeUndefined();
      });

      it('ensuring a topic again is no error; with another number of partitions it is one for the operator', async () => {
        const partitioned = await aTopic(2);
        await other.ensureTopic(partitioned, 2);
        await expect(bus.ensureTopic(partitioned, 3)).rejects.toThrow(/with 3 partitions; found one with 2 partitions/);
        await expect(bus.ensureTopic(partitioned, 0)).rejects.toThrow(OperatorError);
        const plain = await aTopic();
        await expect(bus.ensureTopic(plain, 2)).rejects.toThrow(OperatorError);
      });

      it('a subscription begins at the earliest message, on every partition', async () => {
        const topic = await aTopic(2);
        for (const partition of [0, 1]) {
          const publisher = await aPublisher(`${topic}-partition-${partition}`);
          await publisher.publish(aMessage('before'));
        }
        await bus.ensureSubscription(topic, 'sub');
        for (const partition of [0, 1]) {
          const subscription = await aSubscription(`${topic}-partition-${partition}`, 'exclusive');
          expect(textOf(await nextOf(subscription))).toBe('before');
        }
      });

      it('ensuring a subscription again does not move it', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        const publisher = await aPublisher(topic);
        await publishAll(publisher, ['1', '2']);
        const first = await bus.subscribe(topic, 'sub', 'exclusive');
        await nextOf(first);
        const second = await nextOf(first);
        await first.acknowledgeUpTo(second.position);
        await first.close();
        await bus.ensureSubscription(topic, 'sub');
        await publisher.publish(aMessage('3'));
        expect(textOf(await nextOf(await aSubscription(topic, 'exclusive')))).toBe('3');
      });

      it('a subscription on a topic that is not there is an error', async () => {
        await expect(bus.ensureSubscription(`t-${randomUUID()}`, 'sub')).rejects.toThrow(OperatorError);
      });

      it('no topic is made by publishing, subscribing or reading', async () => {
        const topic = `t-${randomUUID()}`;
        await expect(bus.publisher(topic)).rejects.toThrow(OperatorError);
        await expect(bus.subscribe(topic, 'sub', 'shared')).rejects.toThrow(OperatorError);
        await expect(bus.reader(topic, { kind: 'earliest' })).rejects.toThrow(OperatorError);
        expect(await bus.describeTopic(topic)).toBeUndefined();
      });
    });

    describe('publishing', () => {
      it('a message arrives as it was sent: key, properties, payload and when', async () => {
        const topic = await aTopic();
        const before = Date.now();
        const key = Buffer.from([0, 255, 128]);
        const payload = Buffer.from([1, 0, 255]);
        const properties = { kind: 'record', node: 'ä' };
        await (await aPublisher(topic)).publish({ key, properties, payload });
        const message = await (await aReader(topic, { kind: 'earliest' })).next(AbortSignal.timeout(patienceMs));
        expect(message).toMatchObject({ key, properties, payload, redeliveryCount: 0 });
        expect(message.publishedAtMs).toBeGreaterThan(before - 60_000);
        expect(message.publishedAtMs).toBeLessThan(Date.now() + 60_000);
      });

      it('a message without key and with an empty payload arrives so', async () => {
        const topic = await aTopic();
        await (await aPublisher(topic)).publish({ payload: Buffer.alloc(0) });
        const message = await (await aReader(topic, { kind: 'earliest' })).next(AbortSignal.timeout(patienceMs));
        expect(message).toMatchObject({ key: null, properties: {} });
        expect(message.payload).toHaveLength(0);
      });

      it.each([true, false])(
        'order of calls is order in the topic, and positions rise (isBatched %s)',
        async (isBatched) => {
          const topic = await aTopic();
          const publisher = await aPublisher(topic, { isBatched });
          const texts = numbers(0, 300);
          const positions = await Promise.all(texts.map((text) => publisher.publish(aMessage(text))));
          const messages = await untilEnd(topic);
          expect(messages.map(textOf)).toEqual(texts);
          expect(messages.map((message) => message.position.text)).toEqual(positions.map((position) => position.text));
          expect(isRising(positions)).toBe(true);
        },
      );

      it('a flush waits until everything is stored', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic);
        let stored = 0;
        const publishing = numbers(0, 20).map((text) => publisher.publish(aMessage(text)).then(() => stored++));
        await publisher.flush();
        await Promise.resolve();
        expect(stored).toBe(20);
        await Promise.all(publishing);
      });

      it('an exclusive publisher keeps others out, who are told its name', async () => {
        const topic = await aTopic();
        const holder = await aPublisher(topic, { access: 'exclusive', holder: 'anna on host-7' });
        const refused = other.publisher(topic, { access: 'exclusive', holder: 'bert' });
        await expect(refused).rejects.toThrow(TopicTakenError);
        await expect(refused).rejects.toMatchObject({ holder: 'anna on host-7' });
        await holder.publish(aMessage('still mine'));
        expect(holder.lost.aborted).toBe(false);
      });

      it('a topic that its exclusive publisher has left can be taken', async () => {
        const topic = await aTopic();
        const first = await bus.publisher(topic, { access: 'exclusive', holder: 'anna' });
        await first.close();
        const second = await aPublisher(topic, { access: 'exclusive', holder: 'bert' }, other);
        await second.publish(aMessage('mine'));
      });

      it('a take-over fences the holder, who is told and can publish no more', async () => {
        const topic = await aTopic();
        const holder = await aPublisher(topic, { access: 'exclusive', holder: 'anna' });
        const taker = await aPublisher(topic, { access: 'take-over', holder: 'bert' }, other);
        await eventually(() => holder.lost.aborted);
        expect(holder.lost.reason).toBeInstanceOf(TopicTakenError);
        await expect(holder.publish(aMessage('too late'))).rejects.toThrow();
        await taker.publish(aMessage('mine'));
        expect((await untilEnd(topic)).map(textOf)).toEqual(['mine']);
        await expect(bus.publisher(topic, { access: 'exclusive' })).rejects.toMatchObject({ holder: 'bert' });
      });

      it('what is published after a take-over stands behind all that the holder had confirmed, and nothing comes later', async () => {
        const topic = await aTopic();
        const holder = await aPublisher(topic, { access: 'take-over', isWatched: false });
        const confirmed: string[] = [];
        const publishing = publishUntilRefused(holder, confirmed);
        await eventually(() => confirmed.length > 100);
        const taker = await aPublisher(topic, { access: 'take-over', isWatched: false }, other);
        await taker.publish(aMessage('mine'));
        const texts = (await untilEnd(topic)).map(textOf);
        expect(await publishing).toBeInstanceOf(TopicTakenError);
        expect(texts.at(-1)).toBe('mine');
        expect(texts.slice(0, confirmed.length)).toEqual(confirmed);
        expect((await untilEnd(topic)).map(textOf)).toEqual(texts);
      });
    });

    describe('subscribing', () => {
      it('what is not acknowledged comes again to the next consumer, what is does not', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(topic, { isBatched: false }), numbers(0, 5));
        const first = await bus.subscribe(topic, 'sub', 'exclusive');
        const messages = await take(first, 5);
        await first.acknowledge(messages[0]!.position);
        await first.acknowledge(messages[2]!.position);
        await first.close();
        const second = await aSubscription(topic, 'exclusive');
        expect((await take(second, 3)).map(textOf)).toEqual(['1', '3', '4']);
      });

      it('acknowledging up to a message acknowledges all before it', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(topic, { isBatched: false }), numbers(0, 5));
        const first = await bus.subscribe(topic, 'sub', 'failover');
        const messages = await take(first, 4);
        await first.acknowledgeUpTo(messages[2]!.position);
        await first.close();
        const second = await aSubscription(topic, 'failover');
        expect((await take(second, 2)).map(textOf)).toEqual(['3', '4']);
      });

      it('of a batch that is acknowledged in part, nothing unacknowledged is lost', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(topic), numbers(0, 10));
        const first = await bus.subscribe(topic, 'sub', 'failover');
        const messages = await take(first, 10);
        await first.acknowledgeUpTo(messages[6]!.position);
        await first.close();
        const second = await aSubscription(topic, 'failover');
        const seen = new Set<string>();
        while (!seen.has('9')) seen.add(textOf(await nextOf(second)));
        expect(['7', '8', '9'].every((text) => seen.has(text))).toBe(true);
      });

      it('poll answers what has arrived, without waiting', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        const subscription = await aSubscription(topic, 'exclusive');
        expect(subscription.poll()).toBeUndefined();
        await publishAll(await aPublisher(topic), ['1', '2']);
        expect(textOf(await nextOf(subscription))).toBe('1');
        let second: Message | undefined;
        await eventually(() => {
          second = subscription.poll();
          return second !== undefined;
        });
        expect(textOf(second!)).toBe('2');
      });

      it('a wait for a message ends with its signal', async () => {
        const topic = await aTopic();
        const subscription = await aSubscription(topic, 'exclusive');
        const reason = new Error('given up');
        const stop = new AbortController();
        const waiting = subscription.receive(stop.signal);
        stop.abort(reason);
        await expect(waiting).rejects.toBe(reason);
      });

      it('of two failover consumers one is active; the other takes over, and with it what was not acknowledged', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        const first = await bus.subscribe(topic, 'sub', 'failover');
        const second = await other.subscribe(topic, 'sub', 'failover');
        onTestFinished(() => Promise.all([first.close(), second.close()]).then(() => {}));
        await eventually(() => first.isActive !== second.isActive);
        await sleep(silenceMs);
        const [active, passive] = first.isActive ? [first, second] : [second, first];
        const changes: boolean[] = [];
        passive.onActiveChange((isActive) => changes.push(isActive));
        await publishAll(await aPublisher(topic, { isBatched: false }), ['1', '2']);
        const [one] = await take(active, 2);
        await active.acknowledge(one!.position);
        expect(passive.poll()).toBeUndefined();
        await active.close();
        expect(textOf(await nextOf(passive))).toBe('2');
        expect(passive.isActive).toBe(true);
        expect(changes).toEqual([true]);
      });

      it('of a shared subscription each message goes to one consumer', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        const first = await aSubscription(topic, 'shared');
        const second = await aSubscription(topic, 'shared', other);
        await publishAll(await aPublisher(topic, { isBatched: false }), numbers(0, 20));
        const seen: string[] = [];
        await eventually(() => {
          for (const message of [first.poll(), second.poll()]) if (message) seen.push(textOf(message));
          return seen.length === 20;
        });
        expect(new Set(seen).size).toBe(20);
        await sleep(silenceMs);
        expect([first.poll(), second.poll()]).toEqual([undefined, undefined]);
      });

      it('a message that is released is delivered again, counted, to whoever is free', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(topic, { isBatched: false }), ['work']);
        const first = await aSubscription(topic, 'shared');
        const message = await nextOf(first);
        expect(message.redeliveryCount).toBe(0);
        await first.release(message.position);
        const again = await nextOf(first);
        expect(textOf(again)).toBe('work');
        expect(again.redeliveryCount).toBe(1);
        await first.acknowledge(again.position);
      });

      it('what a shared consumer held when it closed goes to another', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(topic, { isBatched: false }), ['work']);
        const first = await other.subscribe(topic, 'sub', 'shared', { queueSize: 1 });
        await nextOf(first);
        const second = await aSubscription(topic, 'shared');
        expect(second.poll()).toBeUndefined();
        await first.close();
        expect(textOf(await nextOf(second))).toBe('work');
      });

      it('a second consumer on an exclusive subscription is refused', async () => {
        const topic = await aTopic();
        await aSubscription(topic, 'exclusive');
        await expect(other.subscribe(topic, 'sub', 'exclusive')).rejects.toThrow(OperatorError);
      });

      it('the backlog tells what is not acknowledged, since when, and whether somebody consumes', async () => {
        const topic = await aTopic();
        await bus.ensureSubscription(topic, 'sub');
        expect(await bus.backlog(topic, 'sub')).toMatchObject({
          entries: 0,
          oldestPublishedAtMs: undefined,
          hasConsumer: false,
          mostConsumers: 0,
        });
        const before = Date.now();
        await publishAll(await aPublisher(topic, { isBatched: false }), ['1', '2', '3']);
        const subscription = await aSubscription(topic, 'exclusive');
        const [first] = await take(subscription, 1);
        await subscription.acknowledge(first!.position);
        const backlog = await bus.backlog(topic, 'sub');
        expect(backlog).toMatchObject({ entries: 2, hasConsumer: true, mostConsumers: 1 });
        expect(backlog.bytes).toBeGreaterThan(0);
        expect(backlog.oldestPublishedAtMs).toBeGreaterThan(before - 60_000);
      });

      it('the backlog of a partitioned topic is that of all partitions', async () => {
        const topic = await aTopic(2);
        await bus.ensureSubscription(topic, 'sub');
        await publishAll(await aPublisher(`${topic}-partition-0`, { isBatched: false }), ['1', '2']);
        await publishAll(await aPublisher(`${topic}-partition-1`, { isBatched: false }), ['3']);
        expect(await bus.backlog(topic, 'sub')).toMatchObject({ entries: 3 });
      });

      it('the backlog of a subscription that is not there is an error', async () => {
        await expect(bus.backlog(await aTopic(), 'nobody')).rejects.toThrow(OperatorError);
      });
    });

    describe('reading', () => {
      it('a read until the end gives everything that was there, and nothing of an empty topic', async () => {
        const topic = await aTopic();
        expect(await untilEnd(topic)).toEqual([]);
        const publisher = await aPublisher(topic);
        await publishAll(publisher, numbers(0, 50));
        await publishAll(publisher, numbers(50, 60));
        expect((await untilEnd(topic)).map(textOf)).toEqual(numbers(0, 60));
      });

      it('a reader that was at the end goes on with what is published later', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic);
        const reader = await aReader(topic, { kind: 'earliest' });
        await publishAll(publisher, ['1']);
        expect(textOf((await reader.nextUntilEnd())!)).toBe('1');
        expect(await reader.nextUntilEnd()).toBeUndefined();
        await publishAll(publisher, ['2']);
        expect(textOf((await reader.nextUntilEnd())!)).toBe('2');
        expect(await reader.nextUntilEnd()).toBeUndefined();
        const waiting = reader.next(AbortSignal.timeout(patienceMs));
        await publishAll(publisher, ['3']);
        expect(textOf(await waiting)).toBe('3');
      });

      it.each([true, false])(
        'a read goes on after a position that was kept as text (isBatched %s)',
        async (isBatched) => {
          const topic = await aTopic();
          await publishAll(await aPublisher(topic, { isBatched }), numbers(0, 10));
          const { text } = (await untilEnd(topic))[3]!.position;
          const reader = await aReader(topic, { kind: 'after', position: JSON.parse(JSON.stringify({ text })) });
          expect(textOf((await reader.nextUntilEnd())!)).toBe('4');
        },
      );

      it('a read after the last position is at its end', async () => {
        const topic = await aTopic();
        await publishAll(await aPublisher(topic), numbers(0, 10));
        const position = (await bus.lastPosition(topic))!;
        const reader = await aReader(topic, { kind: 'after', position });
        expect(await reader.nextUntilEnd()).toBeUndefined();
      });

      it('a read from the latest sees only what comes after it was opened', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic);
        await publishAll(publisher, ['before']);
        const reader = await aReader(topic, { kind: 'latest' });
        expect(await reader.nextUntilEnd()).toBeUndefined();
        await publishAll(publisher, ['after']);
        expect(textOf(await reader.next(AbortSignal.timeout(patienceMs)))).toBe('after');
      });

      it('a read by time begins with what was published since', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic, { isBatched: false });
        await publishAll(publisher, ['old']);
        await sleep(50);
        const atMs = Date.now();
        await sleep(50);
        await publishAll(publisher, ['new 1', 'new 2']);
        const messages = await untilEnd(topic, { kind: 'published-since', atMs });
        expect(messages.map(textOf)).toEqual(['new 1', 'new 2']);
      });

      it('the last position is that of the last message, in a batch too; an empty topic has none', async () => {
        const topic = await aTopic();
        expect(await bus.lastPosition(topic)).toBeUndefined();
        const positions = await publishAll(await aPublisher(topic), numbers(0, 10));
        const last = await bus.lastPosition(topic);
        expect(bus.comparePositions(last!, positions.at(-1)!)).toBe(0);
      });

      it('a read from where a subscription is begins with what it has not acknowledged', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic, { isBatched: false });
        expect(await bus.acknowledgedUpTo(topic, 'holder')).toBeUndefined();
        await publishAll(publisher, numbers(0, 10));
        expect(await bus.acknowledgedUpTo(topic, 'holder')).toBeUndefined();
        const positions = (await untilEnd(topic)).map(({ position }) => position);
        // Of a message that this subscription was never given.
        await acknowledge(topic, positions[3]!);
        const position = (await bus.acknowledgedUpTo(topic, 'holder'))!;
        expect((await untilEnd(topic, { kind: 'after', position })).map(textOf)).toEqual(numbers(4, 10));
        await acknowledge(topic, positions[1]!);
        await acknowledge(topic, positions[9]!);
        const end = (await bus.acknowledgedUpTo(topic, 'holder'))!;
        expect(await untilEnd(topic, { kind: 'after', position: end })).toEqual([]);
        await publishAll(publisher, ['after']);
        expect((await untilEnd(topic, { kind: 'after', position: end })).map(textOf)).toEqual(['after']);
      });

      it('of a compacted topic the newest of each key is read, in its place, and all that came since', async () => {
        const topic = await aTopic();
        const publisher = await aPublisher(topic);
        const publish = async (key: string, text: string) =>
          void (await publisher.publish({ key: Buffer.from(key), payload: Buffer.from(text) }));
        for (const text of ['a 1', 'b 1', 'c 1', 'a 2', 'b 2']) await publish(text[0]!, text);
        expect((await untilEnd(topic, { kind: 'newest-of-keys' })).map(textOf)).toHaveLength(5);
        await bus.compact(topic);
        const newest = async () => (await untilEnd(topic, { kind: 'newest-of-keys' })).map(textOf);
        await expect.poll(newest, { timeout: patienceMs }).toEqual(['c 1', 'a 2', 'b 2']);
        await publish('c', 'c 2');
        expect(await newest()).toEqual(['c 1', 'a 2', 'b 2', 'c 2']);
        expect(await untilEnd(topic)).toHaveLength(6);
      });

      it('a subscription that has acknowledged a part of a batch is before it, or in it', async () => {
        const topic = await aTopic();
        await publishAll(await aPublisher(topic), numbers(0, 10));
        const positions = (await untilEnd(topic)).map(({ position }) => position);
        await acknowledge(topic, positions[4]!);
        const position = await bus.acknowledgedUpTo(topic, 'holder');
        const read = await untilEnd(topic, position ? { kind: 'after', position } : { kind: 'earliest' });
        expect(read.map(textOf).slice(-5)).toEqual(numbers(5, 10));
      });

      async function acknowledge(topic: string, position: Message['position']): Promise<void> {
        const subscription = await bus.subscribe(topic, 'holder', 'failover', { queueSize: 1 });
        await subscription.acknowledgeUpTo(position);
        await subscription.close();
      }
    });

    async function untilEnd(topic: string, from: Parameters<MessageBus['reader']>[1] = { kind: 'earliest' }) {
      const reader = await aReader(topic, from);
      const messages: Message[] = [];
      for (;;) {
        const message = await reader.nextUntilEnd(AbortSignal.timeout(patienceMs));
        if (!message) return messages;
        messages.push(message);
      }
    }

    function isRising(positions: readonly Message['position'][]): boolean {
      return positions.every((position, index) => {
        return index === 0 || bus.comparePositions(positions[index - 1]!, position) < 0;
      });
    }
  });
}

function aMessage(text: string) {
  return { payload: Buffer.from(text) };
}

function textOf(message: Message): string {
  return message.payload.toString();
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${from + index}`);
}

function publishAll(publisher: Publisher, texts: readonly string[]) {
  return Promise.all(texts.map((text) => publisher.publish(aMessage(text))));
}

/** Some are always on their way. Answers what ended it. */
async function publishUntilRefused(publisher: Publisher, confirmed: string[]): Promise<unknown> {
  for (let from = 0; ; from += 20) {
    const publish = (text: string) => publisher.publish(aMessage(text)).then(() => confirmed.push(text));
    const ended = await Promise.allSettled(numbers(from, from + 20).map(publish));
    const refused = ended.find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') return refused.reason;
  }
}

function nextOf(subscription: Subscription): Promise<Message> {
  return subscription.receive(AbortSignal.timeout(patienceMs));
}

async function take(subscription: Subscription, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(await nextOf(subscription));
  return messages;
}

async function eventually(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('this did not come true in time');
    await sleep(20);
  }
}
