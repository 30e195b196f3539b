import type { RecordEvent } from '../model/change-event.ts';
import { outlineRecord } from '../wire/commitlog/record-outline.ts';
import { schemaTopicTableIds } from '../wire/commitlog/system-table-ids.ts';
import { sinceOf } from './agent-position.ts';
import type { NoteHole } from './note-hole.ts';
import type { Progress } from './progress.ts';

/**
 * Books a record that Pulsar will never take as a hole of its own. A node takes a mutation of half a segment, 16 MiB by default, a broker
 * a message of 5 MiB: tried again, it would for ever hold up all that is behind it and send again what stands before it.
 */
export function missTooBig(
  { segment, position, body }: RecordEvent,
  { progress, noteHole }: { readonly progress: Pick<Progress, 'position'>; readonly noteHole: NoteHole },
): void {
  noteHole({
    ...{ fromSegment: segment, toSegment: segment, position, fromMicros: sinceOf(segment, progress.position) },
    tableIds: tablesOf(body),
    reason: `the record that ends at ${position} has ${body.length} bytes, more than Pulsar takes (maxMessageSize)`,
  });
}

/** Undefined where it may be any: only decoding can tell the tables behind the first, and what a change of the schema is of. */
function tablesOf(body: Buffer): readonly string[] | undefined {
  const { updateCount, firstTableId } = outlineRecord(body);
  return updateCount > 1 || schemaTopicTableIds.has(firstTableId) ? undefined : [firstTableId];
}
