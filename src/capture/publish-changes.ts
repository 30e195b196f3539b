import { type ChangeEvent, encodeChangeEvent } from '../model/change-event.ts';
import { changesPartition, topics } from '../model/topics.ts';
import { type MessageBus, MessageTooBigError, type OutgoingMessage, type Publisher } from '../ports/message-bus.ts';

/** Pulsar is away or took a topic from us. Nothing is lost: reading starts again behind what is acknowledged. */
export class BusLostError extends Error {
  override readonly name = 'BusLostError';
}

export function busLost(cause: unknown): BusLostError {
  return new BusLostError(`Pulsar: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** What is published and cannot be stored rejects with BusLostError; with MessageTooBigError if it never can. */
export interface ChangesPublisher {
  toPartition(partition: number, event: ChangeEvent, key: Buffer): Promise<unknown>;
  toSchema(event: ChangeEvent): Promise<unknown>;
  /** To every partition and to the schema topic. */
  toAll(event: ChangeEvent): Promise<void>;
  /** Aborts when one of the topics was taken from us. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** Opens every partition of the changes topic and the schema topic. Throws BusLostError, its cause within. */
export async function openChangesPublisher(
  bus: Pick<MessageBus, 'publisher'>,
  partitions: number,
  signal: AbortSignal,
): Promise<ChangesPublisher> {
  const names = [...Array.from({ length: partitions }, (_, partition) => changesPartition(partition)), topics.schema];
  const opened = await Promise.allSettled(names.map((name) => bus.publisher(name, {}, signal)));
  const publishers = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const fault = opened.find((one) => one.status === 'rejected');
  if (fault) {
    await closeAll(publishers);
    signal.throwIfAborted();
    throw busLost(fault.reason);
  }
  const publish = (publisher: Publisher, message: OutgoingMessage) =>
    publisher.publish(message).catch((cause: unknown) => {
      throw cause instanceof MessageTooBigError ? cause : busLost(cause);
    });
  const toSchema = (event: ChangeEvent) => publish(publishers[partitions]!, schemaMessage(event));
  return {
    toPartition: (partition, event, key) => publish(publishers[partition]!, { key, ...encodeChangeEvent(event) }),
    toSchema,
    toAll: async (event) => {
      const message = encodeChangeEvent(event);
      const toPartitions = publishers.slice(0, partitions).map((publisher) => publish(publisher, message));
      await Promise.all([...toPartitions, toSchema(event)]);
    },
    lost: AbortSignal.any(publishers.map(({ lost }) => lost)),
    close: () => closeAll(publishers),
  };
}

/**
 * On the schema topic a key is what a later message may take the place of: a node's watermark, but no record. Nothing there has
 * an empty payload, by which the broker would take its key for ended and leave it out.
 */
function schemaMessage(event: ChangeEvent): OutgoingMessage {
  const { properties, payload } = encodeChangeEvent(event);
  const { kind, node } = event;
  const place = event.kind === 'record' ? [event.segment, event.position] : [];
  return {
    key: Buffer.from([kind, node, ...place].join('/')),
    properties,
    payload: payload.length > 0 ? payload : one,
  };
}

const one = Buffer.from([1]);

async function closeAll(publishers: readonly Publisher[]): Promise<void> {
  await Promise.allSettled(publishers.map((publisher) => publisher.close()));
}
