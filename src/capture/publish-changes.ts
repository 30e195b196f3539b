import { type ChangeEvent, encodeChangeEvent } from '../model/change-event.ts';
import { changesPartition, topics } from '../model/topics.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';

/** Pulsar is away or took a topic from us. Nothing is lost: reading starts again behind what is acknowledged. */
export class BusLostError extends Error {
  override readonly name = 'BusLostError';
}

export function busLost(cause: unknown): BusLostError {
  return new BusLostError(`Pulsar: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** What is published and cannot be stored rejects with BusLostError. */
export interface ChangesPublisher {
  toPartition(partition: number, event: ChangeEvent, key: Buffer): Promise<unknown>;
  toSchema(event: ChangeEvent, key: Buffer): Promise<unknown>;
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
  const publish = (publisher: Publisher, event: ChangeEvent, key?: Buffer) =>
    publisher.publish({ ...(key && { key }), ...encodeChangeEvent(event) }).catch((cause: unknown) => {
      throw busLost(cause);
    });
  return {
    toPartition: (partition, event, key) => publish(publishers[partition]!, event, key),
    toSchema: (event, key) => publish(publishers[partitions]!, event, key),
    toAll: async (event) => {
      await Promise.all(publishers.map((publisher) => publish(publisher, event)));
    },
    lost: AbortSignal.any(publishers.map(({ lost }) => lost)),
    close: () => closeAll(publishers),
  };
}

async function closeAll(publishers: readonly Publisher[]): Promise<void> {
  await Promise.allSettled(publishers.map((publisher) => publisher.close()));
}
