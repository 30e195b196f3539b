import { createHash } from 'node:crypto';
import { formatMessageId } from '../../../../src/wire/pulsar/message-id.ts';
import type { ReceivedMessage } from '../../../../src/wire/pulsar/types.ts';
import type { DescribedMessage } from './described-messages.ts';
import type { JavaMessage } from './java-requests.ts';

/** All that a message carries, the same from both clients; long contents by their digest. */
export interface CanonicalMessage extends CanonicalContent {
  readonly id: string;
  readonly producerName: string;
  readonly sequenceId: number;
  readonly publishTimeMs: number;
  readonly schemaVersion: string | null;
}

export interface CanonicalContent {
  readonly key: string | null;
  readonly orderingKey: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly eventTimeMs: number;
  readonly isNull: boolean;
  readonly payload: string;
}

export function canonicalOfOurs(message: ReceivedMessage): CanonicalMessage {
  return {
    id: formatMessageId(message.id),
    producerName: message.producerName,
    sequenceId: message.sequenceId,
    key: base64(message.key),
    orderingKey: base64(message.orderingKey),
    properties: message.properties,
    eventTimeMs: message.eventTimeMs ?? 0,
    publishTimeMs: message.publishTimeMs,
    isNull: message.isNull,
    payload: shown(message.payload),
    schemaVersion: base64(message.schemaVersion),
  };
}

export function canonicalOfJava({ redeliveryCount, decoded, payload, ...message }: JavaMessage): CanonicalMessage {
  return { ...message, payload: shown(Buffer.from(payload ?? '', 'base64')) };
}

export function canonicalOfDescribed(message: DescribedMessage): CanonicalContent {
  return {
    key: message.key === undefined ? null : Buffer.from(message.key).toString('base64'),
    orderingKey: base64(message.orderingKey ?? null),
    properties: message.properties ?? {},
    eventTimeMs: message.eventTime ?? 0,
    isNull: message.payload === null,
    payload: shown(message.payload ?? Buffer.alloc(0)),
  };
}

export function contentOf(message: CanonicalMessage): CanonicalContent {
  const { key, orderingKey, properties, eventTimeMs, isNull, payload } = message;
  return { key, orderingKey, properties, eventTimeMs, isNull, payload };
}

function base64(bytes: Buffer | null): string | null {
  return bytes?.toString('base64') ?? null;
}

function shown(bytes: Buffer): string {
  if (bytes.length < 200) return bytes.toString('base64');
  return `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
