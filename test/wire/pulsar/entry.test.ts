import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import type { MessageCommand } from '../../../src/wire/pulsar/consumer-commands.ts';
import { decodeEntry } from '../../../src/wire/pulsar/decode-entry.ts';
import {
  type EncodedEntry,
  encodeBatchEntry,
  encodeSingleEntry,
  writeBatchedMessage,
} from '../../../src/wire/pulsar/encode-entry.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';
import type { OutgoingMessage } from '../../../src/wire/pulsar/types.ts';

/** Raw entries as the Java client 4.0.8 wrote them and the broker sent them, by `<compression>-<batch|single>`. */
const javaEntries = JSON.parse(
  readFileSync(new URL('./fixtures/java-entries.json', import.meta.url), 'utf8'),
) as Record<string, string[]>;

describe('entries written by the Java client', () => {
  test.each(Object.keys(javaEntries))('%s is read field by field', (name) => {
    const messages = javaEntries[name]!.flatMap(
      (entry) => decodeEntry(aCommand(), Buffer.from(entry, 'base64'), options).messages,
    );
    expect(messages.map((message) => message.payload.toString())).toEqual([
      'row 0 '.repeat(10),
      'row 1 '.repeat(10),
      'row 2 '.repeat(300),
    ]);
    expect(messages.map((message) => message.key)).toEqual([Buffer.from([0, 255, 7]), Buffer.from('text-kéy'), null]);
    expect(messages.map((message) => message.properties)).toEqual(['0', '1', '2'].map((n) => ({ n, é: 'ü' })));
    expect(messages.map((message) => message.eventTimeMs)).toEqual([0, 1, 2].map((n) => 1_700_000_000_000 + n));
    expect(messages.map((message) => message.sequenceId)).toEqual([0, 1, 2]);
    expect(new Set(messages.map((message) => message.producerName))).toEqual(new Set(['java']));
  });
});

describe('entries of our own', () => {
  test.each(['none', 'lz4'] as const)('a batch with compression %s comes back message by message', (compression) => {
    const entry = aBatch(
      [{ payload: Buffer.from('a'.repeat(500)) }, { payload: Buffer.alloc(0), isNull: true }],
      compression,
    );
    const { messages, messageCount } = decodeEntry(aCommand(), asSent(entry), options);
    expect(messageCount).toBe(2);
    expect(messages.map(({ id }) => id)).toEqual([
      { ledgerId: 5, entryId: 6, partition: 2, batchIndex: 0, batchSize: 2 },
      { ledgerId: 5, entryId: 6, partition: 2, batchIndex: 1, batchSize: 2 },
    ]);
    expect(messages.map(({ sequenceId }) => sequenceId)).toEqual([10, 11]);
    expect(messages.map(({ isNull }) => isNull)).toEqual([false, true]);
    expect(messages[0]!.payload.toString()).toBe('a'.repeat(500));
  });

  test('an empty payload is not compressed, for other clients cannot read it', () => {
    const entry = encodeSingleEntry({ payload: Buffer.alloc(0) }, 1, { ...from, compression: 'lz4' });
    expect(entry).toEqual(encodeSingleEntry({ payload: Buffer.alloc(0) }, 1, from));
  });

  test('what compression would make larger goes as it is: it could outgrow what the broker takes', () => {
    const message = { payload: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) };
    const entry = encodeSingleEntry(message, 1, { ...from, compression: 'lz4' });
    expect(entry).toEqual(encodeSingleEntry(message, 1, from));
  });

  test.each(['none', 'lz4'] as const)('the caller may use his buffer again (compression %s)', (compression) => {
    const payload = Buffer.from('as it was '.repeat(20));
    const entry = encodeSingleEntry({ payload }, 1, { ...from, compression });
    payload.fill('x');
    const { messages } = decodeEntry(aCommand(), asSent(entry), options);
    expect(messages[0]!.payload.toString()).toBe('as it was '.repeat(20));
  });

  test('a key that is no text, and an empty one, survive', () => {
    const keys = [Buffer.from([0, 1, 254, 255]), Buffer.alloc(0)];
    const entry = aBatch(keys.map((key) => ({ key, payload: Buffer.from('x') })));
    expect(decodeEntry(aCommand(), asSent(entry), options).messages.map(({ key }) => key)).toEqual(keys);
  });

  test('what an acknowledgement set says is done is left out, and does not count for the permits', () => {
    const entry = aBatch(Array.from({ length: 70 }, (_, i) => ({ payload: Buffer.from(String(i)) })));
    const command = { ...aCommand(), ackSet: [1n << 3n, 1n << 1n] };
    const { messages, messageCount } = decodeEntry(command, asSent(entry), options);
    expect(messages.map(({ payload }) => payload.toString())).toEqual(['3', '65']);
    expect(messageCount).toBe(2);
  });

  test('any damaged byte makes the entry undecodable: no message of it is handed out', () => {
    const good = asSent(aBatch([{ key: Buffer.from('k'), payload: Buffer.from('payload') }], 'lz4'));
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x10;
      expect(
        codeOf(() => decodeEntry(aCommand(), bad, options)),
        `byte ${at}`,
      ).toBe('Undecodable');
    }
  });

  test('an entry without a checksum is undecodable, whole as it may look', () => {
    const good = asSent(aBatch([{ payload: Buffer.from('payload') }]));
    expect(() => decodeEntry(aCommand(), good.subarray(6), options)).toThrow(/Undecodable: .*no checksum/);
  });

  test('a message that says it is huge is undecodable before any memory is taken for it', () => {
    const entry = aBatch([{ payload: Buffer.alloc(100_001) }], 'lz4');
    expect(codeOf(() => decodeEntry(aCommand(), asSent(entry), options))).toBe('Undecodable');
  });

  test('an ordering key is told beside the key', () => {
    const [message] = decodeEntry(
      aCommand(),
      asSent(aBatch([{ key: Buffer.from('k'), orderingKey: Buffer.from([7, 255]), payload: Buffer.alloc(1) }])),
      options,
    ).messages;
    expect([message!.key, message!.orderingKey]).toEqual([Buffer.from('k'), Buffer.from([7, 255])]);
  });

  test('an entry cut short is undecodable', () => {
    const good = asSent(aBatch([{ payload: Buffer.from('payload') }]));
    for (let end = 0; end < good.length; end++) {
      expect(
        codeOf(() => decodeEntry(aCommand(), good.subarray(0, end), options)),
        `cut at ${end}`,
      ).toBe('Undecodable');
    }
  });
});

const from = { producerName: 'p', publishTimeMs: 1_700_000_000_000, compression: 'none', schemaVersion: null } as const;

const options = { maxMessageBytes: 100_000, partition: 2, assemble: () => null };

function aCommand(): MessageCommand {
  return { consumerId: 1, messageId: { ledgerId: 5, entryId: 6 } };
}

function aBatch(messages: readonly OutgoingMessage[], compression: 'none' | 'lz4' = 'none'): EncodedEntry {
  const writer = new ByteWriter();
  messages.forEach((message, i) => {
    writeBatchedMessage(writer, message, 10 + i);
  });
  const ids = { firstId: 10, lastId: 10 + messages.length - 1 };
  return encodeBatchEntry({ messages: writer.written(), ...ids, waiters: messages }, { ...from, compression });
}

function asSent(entry: EncodedEntry): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(0x0e01, 0);
  head.writeUInt32BE(entry.checksum, 2);
  return Buffer.concat([head, entry.head, entry.payload]);
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof PulsarError ? error.code : String(error);
  }
}
