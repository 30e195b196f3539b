import { optional, repeated, required, table } from './proto-table.ts';
import { keyValue, messageIdData, schemaData } from './shared-tables.ts';

/** What a producer and its broker say to each other. */

export const producer = table({
  topic: required(1, 'text'),
  producerId: required(2, 'int'),
  requestId: required(3, 'int'),
  producerName: optional(4, 'text'),
  metadata: repeated(6, keyValue),
  schema: optional(7, schemaData),
  epoch: optional(8, 'int'),
  isUserProvidedName: optional(9, 'bool'),
  accessMode: optional(10, 'int'),
  topicEpoch: optional(11, 'int'),
});

export const producerSuccess = table({
  requestId: required(1, 'int'),
  producerName: required(2, 'text'),
  lastSequenceId: optional(3, 'int'),
  schemaVersion: optional(4, 'bytes'),
  topicEpoch: optional(5, 'int'),
  isReady: optional(6, 'bool'),
});

export const send = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  messageCount: optional(3, 'int'),
  highestSequenceId: optional(6, 'int'),
});

export const sendReceipt = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  messageId: optional(3, messageIdData),
});

export const sendError = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  error: required(3, 'int'),
  message: required(4, 'text'),
});
