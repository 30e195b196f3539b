import type { Chunk, WholeMessage } from './chunk-assembler.ts';
import { decompress } from './compression.ts';
import type { MessageCommand } from './consumer-commands.ts';
import { crc32c } from './crc32c.ts';
import { decodeProto } from './decode-proto.ts';
import { checksumMagic } from './frame.ts';
import { formatMessageId, type MessageId } from './message-id.ts';
import {
  fromKeyValues,
  type MessageMetadata,
  messageMetadata,
  type SingleMessageMetadata,
  singleMessageMetadata,
} from './message-metadata.ts';
import { PulsarError } from './pulsar-error.ts';
import type { ReceivedMessage } from './types.ts';

const brokerMetadataMagic = 0x0e02;
const noProperties: Readonly<Record<string, string>> = Object.freeze({});

export interface DecodedEntry {
  /** What is still wanted of it, in order. */
  readonly messages: readonly ReceivedMessage[];
  /** What it counts for among the permits: what the broker takes for done already does not. */
  readonly messageCount: number;
  /** Of a chunked message: the entries it consists of. */
  readonly chunkIds?: readonly MessageId[];
}

export interface DecodeOptions {
  /** Of the topic; -1 when it is none. */
  readonly partition: number;
  /** What a message may come to when it is decompressed. */
  readonly maxMessageBytes: number;
  /** Puts chunks together; null while some are missing. */
  readonly assemble: (chunk: Chunk) => WholeMessage | null;
}

/** Throws PulsarError 'Undecodable' rather than leave anything out. */
export function decodeEntry(command: MessageCommand, entry: Buffer, options: DecodeOptions): DecodedEntry {
  try {
    return decodeChecked(command, entry, options);
  } catch (cause) {
    const id = formatMessageId(entryIdOf(command, options));
    throw new PulsarError('Undecodable', `message ${id}: ${(cause as Error).message}`, { cause });
  }
}

function decodeChecked(command: MessageCommand, entry: Buffer, options: DecodeOptions): DecodedEntry {
  const { metadata, payload } = openEntry(entry);
  if (metadata.encryptionKeys !== undefined) throw new RangeError('it is encrypted, which is not supported');
  if ((metadata.chunkCount ?? 0) > 1) return decodeChunk(command, metadata, payload, options);
  const content = decompressed(metadata, payload, options);
  if (metadata.messagesInBatch !== undefined) return decodeBatch(command, metadata, content, options);
  const message = toMessage(entryIdOf(command, options), command, metadata, metadata, metadata.sequenceId, content);
  return { messages: [message], messageCount: 1 };
}

/** A chunked message is known by its last entry. It was compressed before it was cut. */
function decodeChunk(
  command: MessageCommand,
  metadata: MessageMetadata,
  content: Buffer,
  options: DecodeOptions,
): DecodedEntry {
  const { uuid = '', chunkIndex: index = -1, chunkCount: count = 0, totalChunkBytes: totalBytes = -1 } = metadata;
  const id = entryIdOf(command, options);
  const whole = options.assemble({ uuid, index, count, totalBytes, id, content });
  if (whole === null) return { messages: [], messageCount: 1 };
  const { ledgerId, entryId } = whole.ids[0]!;
  const own = { ...id, firstChunk: { ledgerId, entryId } };
  const payload = decompressed(metadata, whole.content, options);
  const message = toMessage(own, command, metadata, metadata, metadata.sequenceId, payload);
  return { messages: [message], messageCount: 1, chunkIds: whole.ids };
}

function decompressed(metadata: MessageMetadata, payload: Buffer, { maxMessageBytes }: DecodeOptions): Buffer {
  const { compression = 0, uncompressedSize = 0 } = metadata;
  if (compression === 0) return payload;
  if (uncompressedSize < 0 || uncompressedSize > maxMessageBytes) {
    throw new RangeError(`it has ${uncompressedSize} bytes uncompressed, more than ${maxMessageBytes}`);
  }
  return decompress(compression, payload, uncompressedSize);
}

/**
 * `[0e02, size, broker metadata]? [0e01, checksum] [metadata size, metadata] payload`
 *
 * The protocol lets a producer leave the checksum out. Java's client never does so to a broker of these years, nor does ours:
 * an entry without one has lost it, and what else it lost nobody could say.
 */
function openEntry(entry: Buffer): { metadata: MessageMetadata; payload: Buffer } {
  let at = 0;
  if (entry.readUInt16BE(at) === brokerMetadataMagic) at += 6 + entry.readUInt32BE(at + 2);
  if (entry.readUInt16BE(at) !== checksumMagic) throw new RangeError('it has no checksum');
  const expected = entry.readUInt32BE(at + 2);
  at += 6;
  if (crc32c(entry, at) !== expected) throw new RangeError('the checksum does not match');
  const metadataEnd = at + 4 + entry.readUInt32BE(at);
  const metadata = decodeProto(messageMetadata, entry, at + 4, metadataEnd);
  return { metadata, payload: entry.subarray(metadataEnd) };
}

function decodeBatch(
  command: MessageCommand,
  metadata: MessageMetadata,
  content: Buffer,
  options: DecodeOptions,
): DecodedEntry {
  const batchSize = metadata.messagesInBatch!;
  if (batchSize < 1) throw new RangeError(`a batch of ${batchSize}`);
  const { ledgerId, entryId } = command.messageId;
  const messages: ReceivedMessage[] = [];
  let messageCount = 0;
  let at = 0;
  for (let batchIndex = 0; batchIndex < batchSize; batchIndex++) {
    const metadataEnd = at + 4 + content.readUInt32BE(at);
    const single = decodeProto(singleMessageMetadata, content, at + 4, metadataEnd);
    at = metadataEnd + single.payloadSize;
    if (single.payloadSize < 0 || at > content.length) throw new RangeError('a batch runs over its end');
    if (!isStillWanted(command, batchIndex)) continue;
    messageCount++;
    if (single.isCompactedOut) continue;
    const id = { ledgerId, entryId, batchIndex, partition: options.partition, batchSize };
    const sequenceId = single.sequenceId ?? metadata.sequenceId + batchIndex;
    messages.push(toMessage(id, command, metadata, single, sequenceId, content.subarray(metadataEnd, at)));
  }
  // A message that is not counted would be acknowledged with the others, unseen.
  if (at !== content.length) throw new RangeError(`${content.length - at} bytes behind the last message of a batch`);
  return { messages, messageCount };
}

/** A broker that acknowledges single messages of a batch sends a set with bit 1 for those still wanted. */
function isStillWanted(command: MessageCommand, batchIndex: number): boolean {
  const set = command.ackSet;
  if (set === undefined || set.length === 0) return true;
  return (((set[batchIndex >> 6] ?? 0n) >> BigInt(batchIndex & 63)) & 1n) === 1n;
}

function entryIdOf(command: MessageCommand, { partition }: Pick<DecodeOptions, 'partition'>): MessageId {
  const { ledgerId, entryId } = command.messageId;
  return { ledgerId, entryId, batchIndex: -1, partition };
}

function toMessage(
  id: MessageId,
  command: MessageCommand,
  metadata: MessageMetadata,
  own: MessageMetadata | SingleMessageMetadata,
  sequenceId: number,
  payload: Buffer,
): ReceivedMessage {
  return {
    id,
    key: keyOf(own),
    orderingKey: own.orderingKey ?? null,
    properties: own.properties === undefined ? noProperties : fromKeyValues(own.properties),
    payload,
    isNull: own.isNullValue === true,
    publishTimeMs: metadata.publishTime,
    // 0 is how other clients say "not set".
    eventTimeMs: own.eventTime ? own.eventTime : null,
    redeliveryCount: command.redeliveryCount ?? 0,
    producerName: metadata.producerName,
    sequenceId,
    schemaVersion: metadata.schemaVersion?.length ? metadata.schemaVersion : null,
  };
}

function keyOf(own: MessageMetadata | SingleMessageMetadata): Buffer | null {
  if (own.partitionKey === undefined) return null;
  return Buffer.from(own.partitionKey, own.isPartitionKeyBase64 ? 'base64' : 'utf8');
}
