import {
  type Message,
  type MessageBus,
  type OutgoingMessage,
  type Position,
  type Publisher,
  type PublisherOptions,
  type Subscription,
  type TopicReader,
  TopicTakenError,
} from '../../src/ports/message-bus.ts';

/** As much of a bus as a sink uses, in memory: topics that keep everything, and failover subscriptions. */
export interface MemoryBus {
  readonly bus: MessageBus;
  messages(topic: string): readonly Message[];
  /** Everything up to which a subscription was acknowledged. */
  acknowledged(topic: string): number;
}

interface Topic {
  readonly messages: Message[];
  readonly consumers: Consumer[];
  /** Numbers of messages that a compaction has left out. */
  overtaken: ReadonlySet<number>;
  /** Aborted for those of before a take-over. */
  fence: AbortController;
  acknowledged: number;
  wake: (() => void)[];
}

interface Consumer extends Subscription {
  at: number;
  become(isActive: boolean): void;
}

export function inMemoryBus(nowMs: () => number = Date.now): MemoryBus {
  const topics = new Map<string, Topic>();

  function topicOf(name: string): Topic {
    const known = topics.get(name) ?? {
      messages: [],
      consumers: [],
      fence: new AbortController(),
      overtaken: new Set<number>(),
      acknowledged: 0,
      wake: [],
    };
    topics.set(name, known);
    return known;
  }

  function append(topic: Topic, { key, properties, payload }: OutgoingMessage): Position {
    const position = { text: `${topic.messages.length}` };
    topic.messages.push({
      position,
      key: key ?? null,
      properties: properties ?? {},
      payload: Buffer.from(payload),
      publishedAtMs: nowMs(),
      redeliveryCount: 0,
    });
    for (const wake of topic.wake.splice(0)) wake();
    return position;
  }

  async function publisher(name: string, { access }: PublisherOptions = {}): Promise<Publisher> {
    const topic = topicOf(name);
    if (access === 'take-over') {
      topic.fence.abort(new TopicTakenError(name, undefined));
      topic.fence = new AbortController();
    }
    const lost = topic.fence.signal;
    return {
      async publish(message) {
        lost.throwIfAborted();
        return append(topic, message);
      },
      flush: async () => {},
      lost,
      close: async () => {},
    };
  }

  async function reader(name: string, from: Parameters<MessageBus['reader']>[1]): Promise<TopicReader> {
    const topic = topicOf(name);
    const since = from.kind === 'published-since' ? from.atMs : 0;
    let at = from.kind === 'latest' ? topic.messages.length : topic.messages.findIndex((m) => m.publishedAtMs >= since);
    if (at < 0) at = topic.messages.length;
    if (from.kind === 'after') at = Number(from.position.text) + 1;
    const skip = () => {
      if (from.kind === 'newest-of-keys') while (topic.overtaken.has(at)) at++;
    };
    return {
      async nextUntilEnd(signal) {
        signal?.throwIfAborted();
        skip();
        return topic.messages[at] && topic.messages[at++];
      },
      async next(signal) {
        for (;;) {
          signal?.throwIfAborted();
          skip();
          const message = topic.messages[at];
          if (message) return topic.messages[at++]!;
          await somethingNew(topic, signal);
        }
      },
      close: async () => {},
    };
  }

  /** As Pulsar's: the last of each key stays, unless its payload is empty, and what has no key is left out. */
  async function compact(name: string): Promise<void> {
    const topic = topicOf(name);
    const last = new Map(topic.messages.map(({ key }, at) => [key?.toString('hex'), at]));
    topic.overtaken = new Set(
      topic.messages.flatMap(({ key, payload }, at) => {
        const stays = key !== null && payload.length > 0 && last.get(key.toString('hex')) === at;
        return stays ? [] : [at];
      }),
    );
  }

  async function subscribe(name: string): Promise<Subscription> {
    const topic = topicOf(name);
    const consumer = consumerOf(topic);
    topic.consumers.push(consumer);
    if (topic.consumers.length === 1) consumer.become(true);
    return consumer;
  }

  async function lastPosition(name: string): Promise<Position | undefined> {
    return topicOf(name).messages.at(-1)?.position;
  }

  async function acknowledgedUpTo(name: string): Promise<Position | undefined> {
    return topicOf(name).messages[topicOf(name).acknowledged - 1]?.position;
  }

  async function backlog(name: string) {
    const { messages, acknowledged } = topicOf(name);
    const left = messages.slice(acknowledged);
    return {
      entries: left.length,
      bytes: 0,
      oldestPublishedAtMs: left[0]?.publishedAtMs,
      hasConsumer: true,
      mostConsumers: 1,
    };
  }

  const bus = {
    publisher,
    reader,
    compact,
    subscribe,
    lastPosition,
    acknowledgedUpTo,
    backlog,
    comparePositions,
  } as Partial<MessageBus> as MessageBus;
  return {
    bus,
    messages: (name) => topicOf(name).messages,
    acknowledged: (name) => topicOf(name).acknowledged,
  };
}

function comparePositions(a: Position, b: Position): number {
  return Number(a.text) - Number(b.text);
}

function consumerOf(topic: Topic): Consumer {
  const listeners: ((isActive: boolean) => void)[] = [];
  let isActive = false;
  const consumer: Consumer = {
    at: 0,
    get isActive() {
      return isActive;
    },
    onActiveChange: (listener) => void listeners.push(listener),
    become(active) {
      isActive = active;
      if (active) consumer.at = topic.acknowledged;
      for (const listener of listeners) listener(active);
      for (const wake of topic.wake.splice(0)) wake();
    },
    poll: () => (isActive && topic.messages[consumer.at] ? topic.messages[consumer.at++] : undefined),
    async receive(signal) {
      for (;;) {
        signal?.throwIfAborted();
        const message = consumer.poll();
        if (message) return message;
        await somethingNew(topic, signal);
      }
    },
    acknowledge: () => Promise.reject(new Error('a failover subscription acknowledges prefixes')),
    async acknowledgeUpTo(position) {
      topic.acknowledged = Math.max(topic.acknowledged, Number(position.text) + 1);
    },
    release: () => Promise.reject(new Error('not of a failover subscription')),
    async close() {
      const index = topic.consumers.indexOf(consumer);
      if (index < 0) return;
      topic.consumers.splice(index, 1);
      isActive = false;
      if (index === 0) topic.consumers[0]?.become(true);
    },
  };
  return consumer;
}

function somethingNew(topic: Topic, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    topic.wake.push(resolve);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
