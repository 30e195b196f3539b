import type { MessageCommand } from './commands.ts';
import { decompress } from './compression.ts';
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
  /** What it counts for among the permits, wanted or not. */
  readonly messageCount: number;
}

/** Throws PulsarError 'Undecodable' rather than leave anything out. */
export function decodeEntry(command: MessageCommand, entry: Buffer): DecodedEntry {
  try {
    return decodeChecked(command, entry);
  } catch (cause) {
    const id = formatMessageId(entryIdOf(command));
    throw new PulsarError('Undecodable', `message ${id}: ${(cause as Error).message}`, { cause });
  }
}

function decodeChecked(command: MessageCommand, entry: Buffer): DecodedEntry {
  const { metadata, payload } = openEntry(entry);
  throwOnUnsupported(metadata);
  const content =
    metadata.compression === undefined || metadata.compression === 0
      ? payload
      : decompress(metadata.compression, payload, metadata.uncompressedSize ?? 0);
  if (metadata.messagesInBatch !== undefined) return decodeBatch(command, metadata, content);
  const message = toMessage(entryIdOf(command), command, metadata, metadata, metadata.sequenceId, content);
  return { messages: [message], messageCount: 1 };
}

/** `[0e02, size, broker metadata]? [0e01, checksum]? [metadata size, metadata] payload` */
function openEntry(entry: Buffer): { metadata: MessageMetadata; payload: Buffer } {
  let at = 0;
  if (entry.readUInt16BE(at) === brokerMetadataMagic) at += 6 + entry.readUInt32BE(at + 2);
  if (entry.readUInt16BE(at) === checksumMagic) {
    const expected = entry.readUInt32BE(at + 2);
    at += 6;
    if (crc32c(entry, at) !== expected) throw new RangeError('the checksum does not match');
  }
  const metadataEnd = at + 4 + entry.readUInt32BE(at);
  const metadata = decodeProto(messageMetadata, entry, at + 4, metadataEnd);
  return { metadata, payload: entry.subarray(metadataEnd) };
}

function throwOnUnsupported(metadata: MessageMetadata): void {
  if ((metadata.chunkCount ?? 0) > 1) throw new RangeError('it is a chunk of a larger message, which is not supported');
  if (metadata.encryptionKeys !== undefined) throw new RangeError('it is encrypted, which is not supported');
}

function decodeBatch(command: MessageCommand, metadata: MessageMetadata, content: Buffer): DecodedEntry {
  const batchSize = metadata.messagesInBatch!;
  const messages: ReceivedMessage[] = [];
  let at = 0;
  for (let batchIndex = 0; batchIndex < batchSize; batchIndex++) {
    const metadataEnd = at + 4 + content.readUInt32BE(at);
    const single = decodeProto(singleMessageMetadata, content, at + 4, metadataEnd);
    at = metadataEnd + single.payloadSize;
    if (single.payloadSize < 0 || at > content.length) throw new RangeError('a batch runs over its end');
    if (single.isCompactedOut || !isStillWanted(command, batchIndex)) continue;
    const id = { ...entryIdOf(command), batchIndex, batchSize };
    const sequenceId = single.sequenceId ?? metadata.sequenceId + batchIndex;
    messages.push(toMessage(id, command, metadata, single, sequenceId, content.subarray(metadataEnd, at)));
  }
  return { messages, messageCount: batchSize };
}

/** A broker that acknowledges single messages of a batch sends a set with bit 1 for those still wanted. */
function isStillWanted(command: MessageCommand, batchIndex: number): boolean {
  const set = command.ackSet;
  if (set === undefined || set.length === 0) return true;
  return (((set[batchIndex >> 6] ?? 0n) >> BigInt(batchIndex & 63)) & 1n) === 1n;
}

function entryIdOf(command: MessageCommand): MessageId {
  const { ledgerId, entryId, partition } = command.messageId;
  return { ledgerId, entryId, batchIndex: -1, partition: partition ?? -1 };
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
