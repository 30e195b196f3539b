import type { DrainMarkEvent, WatermarkEvent } from '../model/change-event.ts';
import type { StreamBooks } from '../model/stream-books.ts';
import type { Message, Position } from '../ports/message-bus.ts';
import { addBooks } from './batch-books.ts';
import { addLatencies, type LatencyCounts } from './latency.ts';
import { readChangeEvent } from './read-change-event.ts';

/** What is left to do for a batch whose changes are all applied, or for several that follow one another. */
export interface FinishedBatch {
  /** Of its last message. */
  readonly position: Position;
  readonly marks: readonly Mark[];
  readonly books: StreamBooks;
  readonly latency: LatencyCounts;
}

export type Mark = WatermarkEvent | DrainMarkEvent;

/** However many are joined behind one that is held up, the sum is no larger than one of them. */
export function joinBatches(earlier: FinishedBatch, later: FinishedBatch): FinishedBatch {
  return {
    position: later.position,
    marks: withoutOlderMarks([...earlier.marks, ...later.marks]),
    books: addBooks(earlier.books, later.books),
    latency: addLatencies(earlier.latency, later.latency),
  };
}

export function marksIn(messages: readonly Message[]): readonly Mark[] {
  return messages.flatMap((message) => {
    if (message.properties.kind === 'record') return [];
    const event = readChangeEvent(message);
    return event?.kind === 'watermark' || event?.kind === 'drain-mark' ? [event] : [];
  });
}

/** Nothing is asked of a node's watermark once a later one counts too. */
function withoutOlderMarks(marks: readonly Mark[]): readonly Mark[] {
  const newest = new Map<string, WatermarkEvent>();
  for (const mark of marks) {
    if (mark.kind !== 'watermark') continue;
    const known = newest.get(mark.node);
    newest.set(mark.node, known ? laterOf(known, mark) : mark);
  }
  return [...newest.values(), ...marks.filter(({ kind }) => kind === 'drain-mark')];
}

/** One that comes again after a restart says less, in either part, than what is known. */
function laterOf(a: WatermarkEvent, b: WatermarkEvent): WatermarkEvent {
  const max = (one: bigint, other: bigint) => (one > other ? one : other);
  return {
    ...b,
    instantMicros: max(a.instantMicros, b.instantMicros),
    unbrokenSinceMicros: max(a.unbrokenSinceMicros, b.unbrokenSinceMicros),
  };
}
