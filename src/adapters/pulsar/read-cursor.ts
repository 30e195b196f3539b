import type { Position } from '../../ports/message-bus.ts';
import type { MessageId } from '../../wire/pulsar/message-id.ts';
import { onBus } from './bus-errors.ts';
import { BusPosition } from './bus-position.ts';
import { openReader, type ReaderParts } from './open-reader.ts';

export interface CursorParts extends ReaderParts {
  readonly subscription: string;
}

/** Up to where a subscription has acknowledged everything; undefined where that is nothing. */
export async function readCursor(parts: CursorParts, signal?: AbortSignal): Promise<Position | undefined> {
  const { client, topic, subscription, readerName: consumerName } = parts;
  const cursor = await onBus(`to read how far ${subscription} is on ${topic}`, async () => {
    // Of the kind that lets another one stay.
    const options = { topic, subscription, type: 'Failover', consumerName, initialPosition: 'earliest' } as const;
    const consumer = await client.consumer({ ...options, receiveQueue: 1, signal });
    try {
      return await consumer.markDeletePosition(signal);
    } finally {
      await consumer.close();
    }
  });
  return cursor === null || (await isBeforeFirst(cursor, parts, signal)) ? undefined : new BusPosition(cursor);
}

/** Before a ledger's first entry a cursor may stand because all of the ledger before is acknowledged. */
async function isBeforeFirst(cursor: MessageId, parts: ReaderParts, signal?: AbortSignal): Promise<boolean> {
  if (cursor.entryId >= 0) return false;
  const reader = await openReader(parts, { kind: 'earliest' }, signal);
  try {
    const first = await reader.nextUntilEnd(signal);
    return first === undefined || (first.position as BusPosition).id.ledgerId === cursor.ledgerId;
  } finally {
    await reader.close();
  }
}
