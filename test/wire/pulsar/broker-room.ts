import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import type { MessageId } from '../../../src/wire/pulsar/message-id.ts';
import type { MessageSource, Producer, PulsarClient, ReceivedMessage } from '../../../src/wire/pulsar/types.ts';

export interface BrokerRoom {
  readonly admin: PulsarAdmin;
  readonly namespace: string;
  /** A client of its own, closed when the test ends. */
  connect(): Promise<PulsarClient>;
  /** A new topic; its full name. */
  topic(): Promise<string>;
  /** Whether the broker remembers which messages of a batch are acknowledged. */
  hasBatchIndexAcks(): Promise<boolean>;
}

/** A place of our own on the shared broker, or on another. */
export function aBrokerRoom(pulsar: { serviceUrl: string; adminUrl: string } = inject('sandbox').pulsar): BrokerRoom {
  const { serviceUrl, adminUrl } = pulsar;
  const admin = new PulsarAdmin({ adminUrl });
  return {
    admin,
    namespace: 'public/default',
    async connect() {
      const client = await connectPulsar({ serviceUrl });
      onTestFinished(() => client.close());
      return client;
    },
    async topic() {
      const topic = `persistent://public/default/wire-${randomUUID()}`;
      await admin.createTopic(topic);
      onTestFinished(() => admin.deleteTopic(topic, { isForced: true }).catch(() => {}));
      return topic;
    },
    async hasBatchIndexAcks() {
      const answer = await fetch(`${adminUrl}/admin/v2/brokers/configuration/runtime`);
      const settings = (await answer.json()) as Record<string, string>;
      return settings.acknowledgmentAtBatchIndexLevelEnabled === 'true';
    },
  };
}

export async function receiveMany(source: MessageSource, count: number): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (received.length < count) {
    const message = await source.receive(signal);
    if (message === null) break;
    received.push(message);
  }
  return received;
}

/** Whether nothing arrives for a while. */
export async function staysSilent(source: MessageSource, ms = 700): Promise<boolean> {
  try {
    await source.receive(AbortSignal.timeout(ms));
    return false;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return true;
    throw error;
  }
}

export function texts(messages: readonly ReceivedMessage[]): string[] {
  return messages.map((message) => message.payload.toString());
}

export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

/** Sends each text as a message; with batching on they share a batch. */
export function sendAll(producer: Producer, payloads: readonly string[]): Promise<MessageId[]> {
  return Promise.all(payloads.map((payload) => producer.send({ payload: Buffer.from(payload) })));
}
