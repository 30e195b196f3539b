import * as connection from './connection-commands.ts';
import * as consumer from './consumer-commands.ts';
import * as producer from './producer-commands.ts';
import { optional, required, table, type ValueOf } from './proto-table.ts';

/** The part of PulsarApi.proto that this client uses; the field numbers are the wire contract. */
export const baseCommand = table({
  type: required(1, 'int'),
  connect: optional(2, connection.connect),
  connected: optional(3, connection.connected),
  subscribe: optional(4, consumer.subscribe),
  producer: optional(5, producer.producer),
  send: optional(6, producer.send),
  sendReceipt: optional(7, producer.sendReceipt),
  sendError: optional(8, producer.sendError),
  message: optional(9, consumer.message),
  ack: optional(10, consumer.ack),
  flow: optional(11, consumer.flow),
  unsubscribe: optional(12, consumer.requestOfConsumer),
  success: optional(13, connection.success),
  error: optional(14, connection.error),
  closeProducer: optional(15, table({ producerId: required(1, 'int'), requestId: required(2, 'int') })),
  closeConsumer: optional(16, consumer.requestOfConsumer),
  producerSuccess: optional(17, producer.producerSuccess),
  ping: optional(18, connection.nothing),
  pong: optional(19, connection.nothing),
  redeliver: optional(20, consumer.redeliver),
  partitionedMetadata: optional(21, connection.partitionedMetadata),
  partitionedMetadataResponse: optional(22, connection.partitionedMetadataResponse),
  lookup: optional(23, connection.lookup),
  lookupResponse: optional(24, connection.lookupResponse),
  reachedEndOfTopic: optional(27, consumer.ofConsumer),
  seek: optional(28, consumer.seek),
  getLastMessageId: optional(29, consumer.requestOfConsumer),
  getLastMessageIdResponse: optional(30, consumer.getLastMessageIdResponse),
  activeConsumerChange: optional(31, consumer.activeConsumerChange),
  getSchema: optional(34, connection.getSchema),
  getSchemaResponse: optional(35, connection.getSchemaResponse),
  authChallenge: optional(36, connection.authChallenge),
  authResponse: optional(37, connection.authResponse),
  ackResponse: optional(38, consumer.ackResponse),
  getOrCreateSchema: optional(39, connection.getOrCreateSchema),
  getOrCreateSchemaResponse: optional(40, connection.getOrCreateSchemaResponse),
});

export type Command = ValueOf<typeof baseCommand>;
/** A command to send; its type number is the number of the field that is filled. */
export type OutgoingCommand = Omit<Command, 'type'>;

const typeByName = new Map(baseCommand.list.map((field) => [field.name, field.tag >>> 3]));

export function withType(command: OutgoingCommand): Command {
  const [name] = Object.keys(command) as [string];
  return { type: typeByName.get(name)!, ...command };
}
