import type { DeadLetters } from '../apply/dead-letters.ts';
import { type DirtyKey, readEvent } from '../feeds/datastax/read-event.ts';
import type { Table } from '../model/table.ts';
import type { Message } from '../ports/message-bus.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import type { DecodedMessages } from './decode-messages.ts';
import { undecodableLetter } from './letters.ts';
import { isPoison } from './refusals.ts';
import { updateToRecopy } from './update-to-recopy.ts';

/**
 * The rows and partitions that events of the DataStax agent name, each once: all of these messages have arrived, so one
 * reading that begins now sees what every one of them tells of. One that comes later causes another reading, for this one
 * may have been of replicas that its node's write had not reached (docs/decisions/0006-datastax-feed.md).
 */
export async function decodeEvents(
  messages: readonly Message[],
  table: Table,
  deadLetters: Pick<DeadLetters, 'add'>,
): Promise<DecodedMessages> {
  const updates = new Map<string, ReceivedUpdate>();
  let poisoned = 0;
  for (const message of messages) {
    try {
      const event = readEvent(message, table);
      updates.set(keyText(event), dirtyUpdate(event, table, message));
    } catch (error) {
      if (!isPoison(error)) throw error;
      poisoned++;
      const why = { reason: error.message, errorClass: error.name };
      await deadLetters.add({ ...undecodableLetter(message, undefined, why), table: table.name, partitionKey: '' });
    }
  }
  const duplicates = messages.length - poisoned - updates.size;
  return { updates: [...updates.values()], unknown: [], poisoned, duplicates };
}

function dirtyUpdate(event: DirtyKey, table: Table, { publishedAtMs }: Message): ReceivedUpdate {
  const update = updateToRecopy(table, event.partitionKey, event.clustering);
  return { update, event: undefined, writtenAtMicros: event.writeTimeMicros ?? BigInt(publishedAtMs) * 1000n };
}

function keyText({ partitionKey, clustering }: DirtyKey): string {
  return `${partitionKey.toString('hex')}/${clustering?.map((value) => value.toString('hex'))}`;
}
