import { optional, repeated, required, table, type ValueOf } from './proto-table.ts';
import { keyValue } from './shared-tables.ts';

/** Before every entry's payload. */
export const messageMetadata = table({
  producerName: required(1, 'text'),
  sequenceId: required(2, 'int'),
  publishTime: required(3, 'int'),
  properties: repeated(4, keyValue),
  partitionKey: optional(6, 'text'),
  compression: optional(8, 'int'),
  uncompressedSize: optional(9, 'int'),
  messagesInBatch: optional(11, 'int'),
  eventTime: optional(12, 'int'),
  /** Only looked at to refuse what is encrypted. */
  encryptionKeys: repeated(13, 'bytes'),
  schemaVersion: optional(16, 'bytes'),
  isPartitionKeyBase64: optional(17, 'bool'),
  orderingKey: optional(18, 'bytes'),
  highestSequenceId: optional(24, 'int'),
  isNullValue: optional(25, 'bool'),
  uuid: optional(26, 'text'),
  chunkCount: optional(27, 'int'),
  totalChunkBytes: optional(28, 'int'),
  chunkIndex: optional(29, 'int'),
});
export type MessageMetadata = ValueOf<typeof messageMetadata>;

/** Before every message in a batch. */
export const singleMessageMetadata = table({
  properties: repeated(1, keyValue),
  partitionKey: optional(2, 'text'),
  payloadSize: required(3, 'int'),
  isCompactedOut: optional(4, 'bool'),
  eventTime: optional(5, 'int'),
  isPartitionKeyBase64: optional(6, 'bool'),
  orderingKey: optional(7, 'bytes'),
  sequenceId: optional(8, 'int'),
  isNullValue: optional(9, 'bool'),
});
export type SingleMessageMetadata = ValueOf<typeof singleMessageMetadata>;

export function toKeyValues(record: Readonly<Record<string, string>> | undefined): { key: string; value: string }[] {
  return record === undefined ? [] : Object.entries(record).map(([key, value]) => ({ key, value }));
}

export function fromKeyValues(list: readonly { key: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}
