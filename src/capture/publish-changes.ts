import { type ChangeEvent, encodeChangeEvent } from '../model/change-event.ts';
import { changesPartition, topics } from '../model/topics.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';

/** Pulsar is away or took a topic from us. Nothing is lost: reading starts again behind what is acknowledged. */
export class BusLostError extends Error {
  override readonly name = 'BusLostError';
}

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
    throw new BusLostError(`Pulsar: ${String(fault.reason?.message ?? fault.reason)}`, { cause: fault.reason });
  }
  return {
    toPartition: (partition, event, key) => publishers[partition]!.publish({ key, ...encodeChangeEvent(event) }),
    toSchema: (event, key) => publishers[partitions]!.publish({ key, ...encodeChangeEvent(event) }),
    toAll: async (event) => {
      await Promise.all(publishers.map((publisher) => publisher.publish(encodeChangeEvent(event))));
    },
    lost: AbortSignal.any(publishers.map(({ lost }) => lost)),
    close: () => closeAll(publishers),
  };
}

async function closeAll(publishers: readonly Publisher[]): Promise<void> {
  await Promise.allSettled(publishers.map((publisher) => publisher.close()));
}
