import type { DeadLetter } from '../apply/dead-letters.ts';
import type { DecodedRecord } from '../feeds/decode-record.ts';
import { outlineChange } from '../feeds/outline-change.ts';
import { encodeChangeEvent, type RecordEvent } from '../model/change-event.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import type { Table } from '../model/table.ts';
import type { Message } from '../ports/message-bus.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import { originOf } from './read-change-event.ts';

/** The letter of an update that the target refused, or that nothing can be made of. */
export function letterOf({ update, event }: ReceivedUpdate, poison: Error): DeadLetter {
  const { table, partitionKey, rows, staticRow } = update;
  // Without an event a replay reads what the letter names, and a row that is read again is read without the statics.
  const only = rows.length === 1 && !staticRow ? rows[0] : undefined;
  return {
    table: table.name,
    partitionKey: partitionKey.toString('hex'),
    clustering: only?.clustering.map((value) => value.toString('hex')) ?? [],
    reason: poison.message,
    errorClass: poison.name,
    attempts: 1,
    origin: event ? originOf(event) : 'replay',
    ...(event && { message: encodeChangeEvent(event) }),
  };
}

/** The letter of a range or partition delete that could not be gone over again. */
export function letterOfSlice({ partitionKey }: JournalSlice, table: Table, poison: Error): DeadLetter {
  return {
    table: table.name,
    partitionKey: partitionKey.toString('hex'),
    clustering: [],
    reason: poison.message,
    errorClass: poison.name,
    attempts: 1,
    origin: 'slice',
  };
}

/** The letter of a message that nothing can be made of. */
export function undecodableLetter(
  message: Message,
  event: RecordEvent | undefined,
  why: Pick<DeadLetter, 'reason' | 'errorClass'>,
): DeadLetter {
  return {
    table: 'unknown',
    partitionKey: message.key?.toString('hex') ?? '',
    clustering: [],
    ...why,
    attempts: 1,
    origin: event ? originOf(event) : message.position.text,
    message,
  };
}

type Undecoded = Exclude<DecodedRecord, { readonly kind: 'mutation' }>;

/** The letter of a parked change that was given up. */
export function undecodableChange(event: RecordEvent, decoded: Undecoded): DeadLetter {
  const { reason, errorClass } = whyUndecoded(decoded);
  return {
    table: 'unknown',
    partitionKey: outlineChange(event)?.partitionKey.toString('hex') ?? '',
    clustering: [],
    reason,
    errorClass,
    attempts: 1,
    origin: originOf(event),
    message: encodeChangeEvent(event),
  };
}

export function whyUndecoded(decoded: Undecoded): Pick<DeadLetter, 'reason' | 'errorClass'> {
  return decoded.kind === 'poison'
    ? { reason: decoded.error.message, errorClass: decoded.error.name }
    : { reason: decoded.reason, errorClass: 'UnknownSchema' };
}
