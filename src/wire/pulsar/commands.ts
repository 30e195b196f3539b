import { optional, repeated, required, table, type ValueOf } from './proto-table.ts';

/** The part of PulsarApi.proto that this client uses; the field numbers are the wire contract. */

export const keyValue = table({ key: required(1, 'text'), value: required(2, 'text') });

const messageIdData = table({
  ledgerId: required(1, 'int'),
  entryId: required(2, 'int'),
  partition: optional(3, 'int'),
  batchIndex: optional(4, 'int'),
  batchSize: optional(6, 'int'),
});

const schemaData = table({
  name: required(1, 'text'),
  data: required(3, 'bytes'),
  type: required(4, 'int'),
  properties: repeated(5, keyValue),
});

const featureFlags = table({
  supportsAuthRefresh: optional(1, 'bool'),
  supportsBrokerEntryMetadata: optional(2, 'bool'),
  supportsPartialProducer: optional(3, 'bool'),
  supportsPartitionedMetadataWithoutAutoCreation: optional(5, 'bool'),
});

const connect = table({
  clientVersion: required(1, 'text'),
  authData: optional(3, 'bytes'),
  protocolVersion: optional(4, 'int'),
  authMethodName: optional(5, 'text'),
  proxyToBrokerUrl: optional(6, 'text'),
  featureFlags: optional(10, featureFlags),
});

const connected = table({
  serverVersion: required(1, 'text'),
  protocolVersion: optional(2, 'int'),
  maxMessageSize: optional(3, 'int'),
});

const authData = table({ authMethodName: optional(1, 'text'), authData: optional(2, 'bytes') });
const authChallenge = table({ serverVersion: optional(1, 'text'), challenge: optional(2, authData) });
const authResponse = table({
  clientVersion: optional(1, 'text'),
  response: optional(2, authData),
  protocolVersion: optional(3, 'int'),
});

const subscribe = table({
  topic: required(1, 'text'),
  subscription: required(2, 'text'),
  subType: required(3, 'int'),
  consumerId: required(4, 'int'),
  requestId: required(5, 'int'),
  consumerName: optional(6, 'text'),
  isDurable: optional(8, 'bool'),
  startMessageId: optional(9, messageIdData),
  metadata: repeated(10, keyValue),
  initialPosition: optional(13, 'int'),
  forceTopicCreation: optional(15, 'bool'),
  consumerEpoch: optional(19, 'int'),
});

const producer = table({
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

const producerSuccess = table({
  requestId: required(1, 'int'),
  producerName: required(2, 'text'),
  lastSequenceId: optional(3, 'int'),
  schemaVersion: optional(4, 'bytes'),
  topicEpoch: optional(5, 'int'),
  isReady: optional(6, 'bool'),
});

const send = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  messageCount: optional(3, 'int'),
  highestSequenceId: optional(6, 'int'),
});

const sendReceipt = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  messageId: optional(3, messageIdData),
});

const sendError = table({
  producerId: required(1, 'int'),
  sequenceId: required(2, 'int'),
  error: required(3, 'int'),
  message: required(4, 'text'),
});

const message = table({
  consumerId: required(1, 'int'),
  messageId: required(2, messageIdData),
  redeliveryCount: optional(3, 'int'),
  ackSet: repeated(4, 'bits'),
  consumerEpoch: optional(5, 'int'),
});
export type MessageCommand = ValueOf<typeof message>;

const ack = table({
  consumerId: required(1, 'int'),
  ackType: required(2, 'int'),
  messageIds: repeated(3, messageIdData),
  requestId: optional(8, 'int'),
});

const ackResponse = table({
  consumerId: required(1, 'int'),
  error: optional(4, 'int'),
  message: optional(5, 'text'),
  requestId: optional(6, 'int'),
});

const lookup = table({
  topic: required(1, 'text'),
  requestId: required(2, 'int'),
  isAuthoritative: optional(3, 'bool'),
});
const lookupResponse = table({
  brokerUrl: optional(1, 'text'),
  brokerUrlTls: optional(2, 'text'),
  response: optional(3, 'int'),
  requestId: required(4, 'int'),
  isAuthoritative: optional(5, 'bool'),
  error: optional(6, 'int'),
  message: optional(7, 'text'),
  isThroughProxy: optional(8, 'bool'),
});

const partitionedMetadata = table({
  topic: required(1, 'text'),
  requestId: required(2, 'int'),
  allowsAutoCreation: optional(6, 'bool'),
});
const partitionedMetadataResponse = table({
  partitions: optional(1, 'int'),
  requestId: required(2, 'int'),
  response: optional(3, 'int'),
  error: optional(4, 'int'),
  message: optional(5, 'text'),
});

const seek = table({
  consumerId: required(1, 'int'),
  requestId: required(2, 'int'),
  messageId: optional(3, messageIdData),
  publishTime: optional(4, 'int'),
});

const redeliver = table({
  consumerId: required(1, 'int'),
  messageIds: repeated(2, messageIdData),
  consumerEpoch: optional(3, 'int'),
});

const getLastMessageIdResponse = table({
  lastMessageId: required(1, messageIdData),
  requestId: required(2, 'int'),
  markDeletePosition: optional(3, messageIdData),
});

const getSchema = table({ requestId: required(1, 'int'), topic: required(2, 'text'), version: optional(3, 'bytes') });
const getSchemaResponse = table({
  requestId: required(1, 'int'),
  error: optional(2, 'int'),
  message: optional(3, 'text'),
  schema: optional(4, schemaData),
  version: optional(5, 'bytes'),
});

const ofConsumer = table({ consumerId: required(1, 'int'), requestId: required(2, 'int') });
const nothing = table({});

export const baseCommand = table({
  type: required(1, 'int'),
  connect: optional(2, connect),
  connected: optional(3, connected),
  subscribe: optional(4, subscribe),
  producer: optional(5, producer),
  send: optional(6, send),
  sendReceipt: optional(7, sendReceipt),
  sendError: optional(8, sendError),
  message: optional(9, message),
  ack: optional(10, ack),
  flow: optional(11, table({ consumerId: required(1, 'int'), permits: required(2, 'int') })),
  success: optional(13, table({ requestId: required(1, 'int') })),
  error: optional(
    14,
    table({ requestId: required(1, 'int'), error: required(2, 'int'), message: required(3, 'text') }),
  ),
  closeProducer: optional(15, table({ producerId: required(1, 'int'), requestId: required(2, 'int') })),
  closeConsumer: optional(16, ofConsumer),
  producerSuccess: optional(17, producerSuccess),
  ping: optional(18, nothing),
  pong: optional(19, nothing),
  redeliver: optional(20, redeliver),
  partitionedMetadata: optional(21, partitionedMetadata),
  partitionedMetadataResponse: optional(22, partitionedMetadataResponse),
  lookup: optional(23, lookup),
  lookupResponse: optional(24, lookupResponse),
  reachedEndOfTopic: optional(27, table({ consumerId: required(1, 'int') })),
  seek: optional(28, seek),
  getLastMessageId: optional(29, ofConsumer),
  getLastMessageIdResponse: optional(30, getLastMessageIdResponse),
  activeConsumerChange: optional(31, table({ consumerId: required(1, 'int'), isActive: optional(2, 'bool') })),
  getSchema: optional(34, getSchema),
  getSchemaResponse: optional(35, getSchemaResponse),
  authChallenge: optional(36, authChallenge),
  authResponse: optional(37, authResponse),
  ackResponse: optional(38, ackResponse),
});

export type Command = ValueOf<typeof baseCommand>;
/** A command to send; its type number is the number of the field that is filled. */
export type OutgoingCommand = Omit<Command, 'type'>;

const typeByName = new Map(baseCommand.list.map((field) => [field.name, field.tag >>> 3]));

export function withType(command: OutgoingCommand): Command {
  const [name] = Object.keys(command) as [string];
  return { type: typeByName.get(name)!, ...command };
}
