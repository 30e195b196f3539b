import { ByteWriter } from './byte-writer.ts';
import { compress, compressionNumbers, type WrittenCompression } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { writeProto } from './encode-proto.ts';
import { type MessageMetadata, messageMetadata, singleMessageMetadata, toKeyValues } from './message-metadata.ts';
import type { OutgoingMessage } from './types.ts';

export interface EntryFrom {
  readonly producerName: string;
  readonly publishTimeMs: number;
  readonly compression: WrittenCompression;
  readonly schemaVersion: Buffer | null;
}

/** The parts of an entry as they follow each other: apart, so that the payload is not copied once more. */
export interface EncodedEntry {
  /** `[u32 metadata size][metadata]` */
  readonly head: Buffer;
  readonly payload: Buffer;
  /** Of both. */
  readonly checksum: number;
}

/** An entry that is one message. */
export function encodeSingleEntry(message: OutgoingMessage, sequenceId: number, from: EntryFrom): EncodedEntry {
  const metadata = { ...commonMetadata(sequenceId, from), ...messageFields(message) };
  // A copy: it is kept until it is confirmed, and the caller may use his buffer again.
  return encodeEntry(metadata, Buffer.from(message.payload), from.compression);
}

export interface FilledBatch {
  /** As `writeBatchedMessage` wrote them. */
  readonly messages: Buffer;
  readonly firstId: number;
  readonly lastId: number;
  readonly waiters: { readonly length: number };
}

/** An entry that is a batch. */
export function encodeBatchEntry(batch: FilledBatch, from: EntryFrom): EncodedEntry {
  const { messages, firstId, lastId, waiters } = batch;
  const metadata = {
    ...commonMetadata(firstId, from),
    messagesInBatch: waiters.length,
    highestSequenceId: lastId > firstId ? lastId : undefined,
  };
  return encodeEntry(metadata, messages, from.compression);
}

/** Appends `[u32 metadata size][metadata][payload]`. */
export function writeBatchedMessage(writer: ByteWriter, message: OutgoingMessage, sequenceId: number): void {
  const at = writer.length;
  writer.uint32(0);
  const fields = { ...messageFields(message), payloadSize: message.payload.length, sequenceId };
  writeProto(writer, singleMessageMetadata, fields);
  writer.buffer.writeUInt32BE(writer.length - at - 4, at);
  writer.bytes(message.payload);
}

function messageFields(message: OutgoingMessage) {
  return {
    partitionKey: message.key?.toString('base64'),
    isPartitionKeyBase64: message.key === undefined ? undefined : true,
    orderingKey: message.orderingKey,
    properties: message.properties === undefined ? undefined : toKeyValues(message.properties),
    eventTime: message.eventTime,
    isNullValue: message.isNull ? true : undefined,
  };
}

function commonMetadata(sequenceId: number, from: EntryFrom): MessageMetadata {
  return {
    producerName: from.producerName,
    sequenceId,
    publishTime: from.publishTimeMs,
    schemaVersion: from.schemaVersion ?? undefined,
  };
}

function encodeEntry(metadata: MessageMetadata, content: Buffer, compression: WrittenCompression): EncodedEntry {
  const compressed = compressedOrNull(compression, content);
  if (compressed) {
    metadata.compression = compressionNumbers[compression];
    metadata.uncompressedSize = content.length;
  }
  const payload = compressed ?? content;
  const writer = new ByteWriter();
  writer.uint32(0);
  writeProto(writer, messageMetadata, metadata);
  writer.buffer.writeUInt32BE(writer.length - 4, 0);
  const head = writer.written();
  return { head, payload, checksum: crc32c(payload, 0, crc32c(head)) };
}

/**
 * Null where it makes nothing smaller: what grows may exceed what the broker takes, which closes the connection each time it is sent again.
 * An empty payload stays as it is too: the C++ client drops a message whose compressed size is above zero and whose size is 0.
 */
function compressedOrNull(compression: WrittenCompression, payload: Buffer): Buffer | null {
  if (compression === 'none' || payload.length === 0) return null;
  const compressed = compress(compression, payload);
  // A copy of its own size: what it was written into is as large as what it was made from.
  return compressed.length < payload.length ? Buffer.from(compressed) : null;
}
