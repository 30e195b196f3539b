import { OperatorError } from '../../errors.ts';
import type { Message, Subscription, SubscriptionKind } from '../../ports/message-bus.ts';
import type { Consumer, PulsarClient, ReceivedMessage, SubscriptionType } from '../../wire/pulsar/types.ts';
import { onBus } from './bus-errors.ts';
import { BusPosition, idOf } from './bus-position.ts';

export interface SubscriptionParts {
  readonly client: PulsarClient;
  /** Full name. */
  readonly topic: string;
  readonly subscription: string;
  readonly kind: SubscriptionKind;
  /** Of a failover subscription: consumers are put in order by it. */
  readonly consumerName: string;
  readonly queueSize?: number | undefined;
  readonly queueBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function openSubscription(parts: SubscriptionParts): Promise<Subscription> {
  const listeners: ((isActive: boolean) => void)[] = [];
  const consumer = await openConsumer(parts, (isActive) => {
    for (const listener of listeners) listener(isActive);
  });
  const { topic } = parts;
  const doing = `to consume from ${topic}`;
  return {
    receive: (signal) => onBus(doing, async () => throwOnEnd(await consumer.receive(signal), topic)),
    poll() {
      const message = consumer.poll();
      return message ? messageOf(message) : undefined;
    },
    get isActive() {
      return consumer.isActive;
    },
    onActiveChange(listener) {
      listeners.push(listener);
    },
    acknowledge: (position) => onBus(doing, () => consumer.ack(idOf(position))),
    acknowledgeUpTo: (position) => onBus(doing, () => consumer.ackCumulative(idOf(position))),
    async release(position) {
      consumer.redeliver([idOf(position)]);
    },
    close: () => consumer.close(),
  };
}

export function messageOf(message: ReceivedMessage): Message {
  return {
    position: new BusPosition(message.id),
    key: message.key,
    properties: message.properties,
    payload: message.payload,
    publishedAtMs: message.publishTimeMs,
    redeliveryCount: message.redeliveryCount,
    ...(message.schemaVersion && { schemaVersion: message.schemaVersion }),
  };
}

/** A terminated topic has a last message; nobody can publish the one that is waited for. */
export function throwOnEnd(message: ReceivedMessage | null, topic: string): Message {
  if (message) return messageOf(message);
  throw new OperatorError({
    expected: `${topic} to go on`,
    found: 'it was terminated and has been read to its end',
    next: 'see who terminated it; no topic of a migration may be',
  });
}

const types: Readonly<Record<SubscriptionKind, SubscriptionType>> = {
  exclusive: 'Exclusive',
  failover: 'Failover',
  shared: 'Shared',
};

function openConsumer(parts: SubscriptionParts, onActiveChange: (isActive: boolean) => void): Promise<Consumer> {
  const { client, topic, subscription, kind, consumerName, queueSize, queueBytes, signal } = parts;
  return onBus(`to subscribe to ${topic} as ${subscription}`, () =>
    client.consumer({
      topic,
      subscription,
      type: types[kind],
      consumerName,
      receiveQueue: queueSize,
      maxQueuedBytes: queueBytes,
      // A subscription that somebody deleted must not begin behind what was published meanwhile.
      initialPosition: 'earliest',
      onActiveChange,
      signal,
    }),
  );
}
