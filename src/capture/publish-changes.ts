import { MessageTooBigError } from '../errors.ts';
import { type ChangeEvent, decodeChangeEvent, encodeChangeEvent, type RecordEvent } from '../model/change-event.ts';
import { changesPartition, topics } from '../model/topics.ts';
import type { MessageBus, OutgoingMessage, Publisher } from '../ports/message-bus.ts';

/** Pulsar is away or took a topic from us. Nothing is lost: reading starts again behind what is acknowledged. */
export class BusLostError extends Error {
  override readonly name = 'BusLostError';
}

export function busLost(cause: unknown): BusLostError {
  return new BusLostError(`Pulsar: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** What is published and cannot be stored rejects with BusLostError. A record that never can resolves, once `onTooBig` was told. */
export interface ChangesPublisher {
  toPartition(partition: number, event: ChangeEvent, key: Buffer): Promise<unknown>;
  toSchema(event: ChangeEvent): Promise<unknown>;
  /** To every partition and to the schema topic. */
  toAll(event: ChangeEvent): Promise<void>;
  /** Aborts when one of the topics was taken from us. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

export interface PublisherParts {
  readonly bus: Pick<MessageBus, 'publisher'>;
  readonly partitions: number;
  readonly onTooBig: (event: RecordEvent) => void;
}

/** Opens every partition of the changes topic and the schema topic. Throws BusLostError, its cause within. */
export async function openChangesPublisher(
  { bus, partitions, onTooBig }: PublisherParts,
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
  // Holds nothing of the record: thousands are on their way, and what each keeps until it is stored is felt.
  const failed = (cause: unknown) => {
    const event = cause instanceof MessageTooBigError ? decodeChangeEvent(cause.refused) : undefined;
    if (event?.kind !== 'record') throw busLost(cause);
    onTooBig(event);
  };
  const publish = (publisher: Publisher, message: OutgoingMessage) => publisher.publish(message).catch(failed);
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
