import type { OutgoingMessage } from '../../../../src/wire/pulsar/types.ts';
import type { JavaOutgoing } from './java-requests.ts';

/** A message as either client can be told to send it. */
export interface DescribedMessage {
  /** As text where only Java can say so: we always send keys as bytes. */
  readonly key?: Buffer | string;
  readonly orderingKey?: Buffer;
  readonly properties?: Readonly<Record<string, string>>;
  readonly eventTime?: number;
  /** null: a message without a value. */
  readonly payload: Buffer | null;
}

/** One message for each thing that has its own place in the framing, and each size that its own way of being compressed. */
export function describedMessages(): readonly DescribedMessage[] {
  return [
    { payload: text('plain') },
    { payload: text('a text key'), key: 'key-1' },
    { payload: text('a key of several scripts'), key: 'ключ-鍵-🔑' },
    { payload: text('an empty key'), key: '' },
    { payload: text('a key that is no text'), key: everyByte },
    { payload: text('an empty key of bytes'), key: Buffer.alloc(0) },
    { payload: text('an ordering key'), key: 'key-1', orderingKey: Buffer.from([0, 255, 1]) },
    { payload: text('only an ordering key'), orderingKey: text('order') },
    { payload: null, key: 'deleted' },
    { payload: null, properties: { why: 'no key, no value' } },
    { payload: Buffer.alloc(0), key: 'empty, not null' },
    { payload: text('properties'), properties: { plain: 'value', empty: '', 'ключ 🔑': 'значение 値', '': 'no name' } },
    { payload: text('many properties'), properties: manyProperties(300) },
    { payload: text('an event time'), eventTime: 1_700_000_000_123 },
    { payload: text('all of it'), key: everyByte, properties: manyProperties(3), eventTime: 1, orderingKey: everyByte },
    // What looks like the beginning of an entry, a batch and a chunk.
    { payload: Buffer.from('0e0100000000000000000e02000000010000000a', 'hex') },
    { payload: everyByte },
    { payload: Buffer.alloc(20_000) },
    { payload: text('the same words again and again, '.repeat(2_000)) },
    { payload: noise(20_000) },
    ...[1, 12, 13, 64, 255, 256, 65_535, 65_536].map((size) => ({
      payload: text('ab1'.repeat(size)).subarray(0, size),
    })),
  ];
}

export function asOutgoing({ key, payload, ...rest }: DescribedMessage): OutgoingMessage {
  const value = payload === null ? { payload: Buffer.alloc(0), isNull: true } : { payload };
  return { ...rest, ...value, ...(key !== undefined && { key: Buffer.from(key) }) };
}

export function asJavaOutgoing({ key, payload, orderingKey, ...rest }: DescribedMessage): JavaOutgoing {
  return {
    ...rest,
    ...(typeof key === 'string' && { keyText: key }),
    ...(Buffer.isBuffer(key) && { key: key.toString('base64') }),
    ...(orderingKey && { orderingKey: orderingKey.toString('base64') }),
    payload: payload?.toString('base64') ?? null,
  };
}

/** Bytes that no compression makes smaller, the same at every call. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

function text(content: string): Buffer {
  return Buffer.from(content);
}

function manyProperties(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`name-${i}`, `värde ${i}`]));
}
