import type { DeadLetters } from '../apply/dead-letters.ts';
import { type DecodedRecord, decodeRecord } from '../feeds/decode-record.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { Message } from '../ports/message-bus.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import { undecodableLetter, whyUndecoded } from './letters.ts';
import { readChangeEvent } from './read-change-event.ts';
import type { SchemaFollower } from './schema-follower.ts';

export interface DecodedMessages {
  readonly updates: readonly ReceivedUpdate[];
  /** Records that no schema known so far decodes; they wait on the parked topic. */
  readonly unknown: readonly UnknownRecord[];
  /** Messages that nothing could decode; they lie with the dead letters. */
  readonly poisoned: number;
  /** Messages that ask for nothing which another of them does not ask for. */
  readonly duplicates: number;
}

export interface UnknownRecord {
  readonly event: RecordEvent;
  readonly tableId: string;
  readonly reason: string;
}

/**
 * The updates of the messages' records. Records that the known schema cannot decode are tried again, all together, under
 * a newer one: from the schema topic, then from the source, then once the schema topic has reached what their nodes had
 * logged before them. Meanwhile nothing more is received: the wait is felt by the broker, not by our memory.
 */
export async function decodeMessages(
  messages: readonly Message[],
  schema: SchemaFollower,
  deadLetters: Pick<DeadLetters, 'add'>,
  signal?: AbortSignal,
): Promise<DecodedMessages> {
  const records = messages.map(readRecord).filter((record) => record !== undefined);
  for (const learn of [schema.catchUp, schema.reload, schema.untilPassed]) {
    const unknown = records.filter(({ decoded }) => decoded.kind === 'unknown-schema');
    const asked = unknown.filter(({ decoded }) => !schema.isAskedInVain(reasonOf(decoded)));
    if (asked.length === 0) break;
    await learn.call(schema, signal, asked.map(sightOf));
    for (const record of unknown) record.decoded = decodeRecord(record.event!, schema.tableById);
  }
  return sortOut(records, schema, deadLetters);

  function readRecord(message: Message): ReadRecord | undefined {
    const event = readChangeEvent(message);
    if (event && event.kind !== 'record') return undefined;
    return { message, event, decoded: event ? decodeRecord(event, schema.tableById) : notAnEvent };
  }
}

interface ReadRecord {
  readonly message: Message;
  /** Undefined for what is no change event. */
  readonly event: RecordEvent | undefined;
  decoded: DecodedRecord;
}

const notAnEvent: DecodedRecord = { kind: 'poison', error: new TypeError('the message is no change event') };

async function sortOut(
  records: readonly ReadRecord[],
  schema: SchemaFollower,
  deadLetters: Pick<DeadLetters, 'add'>,
): Promise<DecodedMessages> {
  const updates: ReceivedUpdate[] = [];
  const unknown: UnknownRecord[] = [];
  let poisoned = 0;
  for (const record of records) {
    const { event, decoded } = record;
    if (decoded.kind === 'mutation')
      updates.push(...decoded.mutation.updates.map((update) => ({ update, event: event! })));
    else if (decoded.kind === 'unknown-schema') {
      schema.askedInVain(decoded.reason);
      unknown.push({ event: event!, tableId: decoded.tableId, reason: decoded.reason });
    } else {
      poisoned++;
      await deadLetters.add(undecodableLetter(record.message, event, whyUndecoded(decoded)));
    }
  }
  return { updates, unknown, poisoned, duplicates: 0 };
}

function reasonOf(decoded: DecodedRecord): string {
  return decoded.kind === 'unknown-schema' ? decoded.reason : '';
}

function sightOf({ event, message }: ReadRecord): { readonly node: string; readonly publishedAtMs: number } {
  return { node: event!.node, publishedAtMs: message.publishedAtMs };
}
