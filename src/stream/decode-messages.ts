import type { DeadLetters } from '../apply/dead-letters.ts';
import { type DecodedRecord, decodeRecord } from '../feeds/decode-record.ts';
import { type ChangeEvent, decodeChangeEvent, type RecordEvent } from '../model/change-event.ts';
import type { Message } from '../ports/message-bus.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import type { SchemaFollower } from './schema-follower.ts';

export interface DecodedMessages {
  readonly updates: readonly ReceivedUpdate[];
  /** Messages that nothing could decode; they lie with the dead letters. */
  readonly poisoned: number;
}

/** The updates of the messages' records. A record that the known schema cannot decode is tried again under a newer one. */
export async function decodeMessages(
  messages: readonly Message[],
  schema: SchemaFollower,
  deadLetters: Pick<DeadLetters, 'add'>,
  signal?: AbortSignal,
): Promise<DecodedMessages> {
  const updates: ReceivedUpdate[] = [];
  let poisoned = 0;
  for (const message of messages) {
    const event = readChangeEvent(message);
    if (event !== undefined && event.kind !== 'record') continue;
    const decoded = event ? await decode(event, schema, signal) : notAnEvent;
    const origin = event ? originOf(event) : message.position.text;
    if (decoded.kind === 'mutation')
      updates.push(...decoded.mutation.updates.map((update) => ({ update, origin, record: message.payload })));
    else {
      poisoned++;
      await deadLetters.add(letterOf(decoded, message, origin));
    }
  }
  return { updates, poisoned };
}

/** Undefined for a message that is no change event, one with numbers that are none among them. */
export function readChangeEvent(message: Message): ChangeEvent | undefined {
  try {
    return decodeChangeEvent(message);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const notAnEvent: DecodedRecord = { kind: 'poison', error: new TypeError('the message is no change event') };

async function decode(event: RecordEvent, schema: SchemaFollower, signal?: AbortSignal): Promise<DecodedRecord> {
  const first = decodeRecord(event, schema.tableById);
  if (first.kind !== 'unknown-schema') return first;
  await schema.catchUp(signal);
  const second = decodeRecord(event, schema.tableById);
  if (second.kind !== 'unknown-schema') return second;
  await schema.reload(signal);
  return decodeRecord(event, schema.tableById);
}

function originOf(event: RecordEvent): string {
  return `${event.node}/${event.segment}/${event.position}`;
}

function letterOf(decoded: Exclude<DecodedRecord, { kind: 'mutation' }>, message: Message, origin: string) {
  return {
    table: 'unknown',
    partitionKey: message.key?.toString('hex') ?? '',
    clustering: [],
    reason: decoded.kind === 'poison' ? decoded.error.message : decoded.reason,
    errorClass: decoded.kind === 'poison' ? decoded.error.name : 'UnknownSchema',
    attempts: 1,
    origin,
    record: message.payload,
  };
}
