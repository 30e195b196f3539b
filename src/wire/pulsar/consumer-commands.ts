import { optional, repeated, required, table, type ValueOf } from './proto-table.ts';
import { keyValue, messageIdData, schemaData } from './shared-tables.ts';

/** What a consumer and its broker say to each other. */

const keySharedMeta = table({
  /** 0: the broker spreads the keys; 1: the consumer names its ranges. */
  mode: required(1, 'int'),
  ranges: repeated(3, table({ start: required(1, 'int'), end: required(2, 'int') })),
  allowsOutOfOrder: optional(4, 'bool'),
});

export const subscribe = table({
  topic: required(1, 'text'),
  subscription: required(2, 'text'),
  subType: required(3, 'int'),
  consumerId: required(4, 'int'),
  requestId: required(5, 'int'),
  consumerName: optional(6, 'text'),
  priorityLevel: optional(7, 'int'),
  isDurable: optional(8, 'bool'),
  startMessageId: optional(9, messageIdData),
  metadata: repeated(10, keyValue),
  isReadCompacted: optional(11, 'bool'),
  schema: optional(12, schemaData),
  initialPosition: optional(13, 'int'),
  forceTopicCreation: optional(15, 'bool'),
  keyShared: optional(17, keySharedMeta),
});

export const message = table({
  consumerId: required(1, 'int'),
  messageId: required(2, messageIdData),
  redeliveryCount: optional(3, 'int'),
  ackSet: repeated(4, 'bits'),
});
export type MessageCommand = ValueOf<typeof message>;

export const ack = table({
  consumerId: required(1, 'int'),
  ackType: required(2, 'int'),
  messageIds: repeated(3, messageIdData),
  requestId: optional(8, 'int'),
});

export const ackResponse = table({
  consumerId: required(1, 'int'),
  error: optional(4, 'int'),
  message: optional(5, 'text'),
  requestId: optional(6, 'int'),
});

export const seek = table({
  consumerId: required(1, 'int'),
  requestId: required(2, 'int'),
  messageId: optional(3, messageIdData),
  publishTime: optional(4, 'int'),
});

export const redeliver = table({
  consumerId: required(1, 'int'),
  messageIds: repeated(2, messageIdData),
});

export const getLastMessageIdResponse = table({
  lastMessageId: required(1, messageIdData),
  requestId: required(2, 'int'),
  markDeletePosition: optional(3, messageIdData),
});

export const flow = table({ consumerId: required(1, 'int'), permits: required(2, 'int') });
export const activeConsumerChange = table({ consumerId: required(1, 'int'), isActive: optional(2, 'bool') });
export const ofConsumer = table({ consumerId: required(1, 'int') });
export const requestOfConsumer = table({ consumerId: required(1, 'int'), requestId: required(2, 'int') });
