import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import { crc32c } from '../../../src/wire/pulsar/crc32c.ts';
import { decodeEntry } from '../../../src/wire/pulsar/decode-entry.ts';
import { decodeProto } from '../../../src/wire/pulsar/decode-proto.ts';
import { encodeProto } from '../../../src/wire/pulsar/encode-proto.ts';
import { FrameSplitter } from '../../../src/wire/pulsar/frame.ts';
import {
  type MessageMetadata,
  messageMetadata,
  singleMessageMetadata,
} from '../../../src/wire/pulsar/message-metadata.ts';
import { optional, required, table } from '../../../src/wire/pulsar/proto-table.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';

// Entries whose checksum is right: whoever wrote them was wrong.

const mebibyte = 1024 * 1024;
const limit = 128 * mebibyte;

test.each([
  ['LZ4', 1, limit],
  ['ZLIB', 2, limit],
  ['ZSTD', 3, limit],
  ['Snappy', 4, limit],
  ['LZ4', 1, limit + 1],
  ['Snappy', 4, 2 ** 40],
])('a few bytes of %s (%d) that claim to be %d take no memory', (_, compression, uncompressedSize) => {
  const before = process.memoryUsage().arrayBuffers;
  const content = Buffer.from('804004ffffff7fffffffff0f', 'hex');
  expectUndecodable(entryOf({ compression, uncompressedSize }, content), /./);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * mebibyte);
});

test('a batch that says it holds more than it does is undecodable, and so is one that holds more than it says', () => {
  const two = Buffer.concat([batched('a'), batched('b')]);
  expectUndecodable(entryOf({ messagesInBatch: 3 }, two), /out of range|runs over/i);
  expectUndecodable(entryOf({ messagesInBatch: 1 }, two), /behind the last message/);
  expectUndecodable(entryOf({ messagesInBatch: 0 }, two), /batch of 0/);
  expectUndecodable(entryOf({ messagesInBatch: 0x7fffffff }, two), /out of range|runs over/i);
  expectUndecodable(entryOf({ messagesInBatch: -1 }, two), /batch of -1/);
});

test('a message in a batch that claims a payload beyond it, or of less than nothing, is undecodable', () => {
  for (const payloadSize of [2, 0x7fffffff, -1]) {
    expectUndecodable(entryOf({ messagesInBatch: 1 }, batched('a', { payloadSize })), /runs over its end/);
  }
});

test('metadata that lacks what it must have is undecodable, and the error names what', () => {
  const metadata = encodeProto(table({ sequenceId: optional(2, 'int') }), { sequenceId: 1 });
  expectUndecodable(asEntry(metadata, Buffer.from('payload')), /producerName/);
});

test('a command without what it must have ends the connection, and the error names what', () => {
  const message = Buffer.from('0809' + '4a02' + '0801', 'hex');
  const frame = Buffer.concat([sizes(message), message]);
  const splitter = new FrameSplitter(() => expect.unreachable());
  expect(() => splitter.push(frame)).toThrow(/Protocol: .*messageId/);
});

test('a field that comes as something else than it is, is malformed', () => {
  const asText = encodeProto(table({ sequenceId: required(2, 'text') }), { sequenceId: 'text' });
  expect(() => decodeProto(table({ sequenceId: required(2, 'int') }), asText)).toThrow(/sequenceId/);
  const asNumber = encodeProto(table({ name: required(1, 'int') }), { name: 5 });
  expect(() => decodeProto(table({ name: required(1, 'text') }), asNumber)).toThrow(/name/);
});

function sizes(command: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(command.length + 4, 0);
  head.writeUInt32BE(command.length, 4);
  return head;
}

function batched(payload: string, part: { payloadSize?: number } = {}): Buffer {
  const single = encodeProto(singleMessageMetadata, { payloadSize: payload.length, ...part });
  const size = Buffer.alloc(4);
  size.writeUInt32BE(single.length);
  return Buffer.concat([size, single, Buffer.from(payload)]);
}

function entryOf(part: Partial<MessageMetadata>, content: Buffer): Buffer {
  const common = { producerName: 'p', sequenceId: 1, publishTime: 2 };
  return asEntry(encodeProto(messageMetadata, { ...common, ...part }), content);
}

function asEntry(metadata: Buffer, content: Buffer): Buffer {
  const body = new ByteWriter();
  body.uint32(metadata.length);
  body.bytes(metadata);
  body.bytes(content);
  const entry = new ByteWriter();
  entry.uint16(0x0e01);
  entry.uint32(crc32c(body.written()));
  entry.bytes(body.written());
  return entry.written();
}

function expectUndecodable(entry: Buffer, message: RegExp): void {
  const command = { consumerId: 1, messageId: { ledgerId: 5, entryId: 6 } };
  const options = { maxMessageBytes: limit, partition: -1, assemble: () => null };
  try {
    decodeEntry(command, entry, options);
    expect.unreachable('it was decoded');
  } catch (error) {
    expect(error).toBeInstanceOf(PulsarError);
    expect((error as PulsarError).code).toBe('Undecodable');
    expect((error as PulsarError).message).toMatch(/^Undecodable: message 5:6:-1:-1: /);
    expect((error as PulsarError).message).toMatch(message);
  }
}
