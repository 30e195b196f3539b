import { MessageTooBigError } from '../ports/message-bus.ts';
import type { RecordOutline } from '../wire/commitlog/record-outline.ts';
import type { LogRecord } from '../wire/commitlog/records.ts';
import { sinceOf } from './agent-position.ts';
import type { NoteHole } from './note-hole.ts';
import type { Progress } from './progress.ts';
import type { Route } from './route-record.ts';

interface UnpublishedRecord {
  readonly segment: bigint;
  readonly record: LogRecord;
  readonly outline: RecordOutline;
  readonly route: Route;
}

/**
 * Books a record that Pulsar will never take as a hole of its own; throws any other error. A node takes a mutation of half a segment, 16 MiB by
 * default, a broker a message of 5 MiB: tried again, it would for ever hold up all that is behind it and send again what stands before it.
 */
export function missTooBig(
  error: unknown,
  { segment, record, outline, route }: UnpublishedRecord,
  { progress, noteHole }: { readonly progress: Pick<Progress, 'position'>; readonly noteHole: NoteHole },
): void {
  if (!(error instanceof MessageTooBigError)) throw error;
  // Only decoding can tell the tables behind the first; and a change of the schema is of any table.
  const isOfOneTable = route.kind === 'changes' && outline.updateCount === 1;
  const { body, endPosition: position } = record;
  noteHole({
    ...{ fromSegment: segment, toSegment: segment, position, fromMicros: sinceOf(segment, progress.position) },
    tableIds: isOfOneTable ? [outline.firstTableId] : undefined,
    reason: `the record that ends at ${position} has ${body.length} bytes, more than Pulsar takes (maxMessageSize)`,
  });
}
