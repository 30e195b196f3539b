import type { JournalSlice } from '../model/slice-journal.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';
import { readRange, writeRange } from './slice-codec.ts';

/** Of slices, those with a write time from here up to there, both included. */
interface Times {
  readonly fromMicros?: bigint;
  readonly upToMicros?: bigint;
}

/** What of a partition is covered: how that was decided, and the range behind it, if it is not the whole partition. */
type Cover = string;

/** What covers a partition, with its write time: mostly one, for which a map would take as much again as all else of it. */
type Covers = OneCover | Map<Cover, bigint>;

interface OneCover {
  readonly cover: Cover;
  readonly timestampMicros: bigint;
}

/**
 * Slices by their partitions, of each that covers the same the latest. There may be millions in two days, so they are kept as
 * text: bytes of a message would keep the whole batch in memory in which it came.
 */
export class SliceStore {
  /** By table and partition key. */
  readonly #partitions = new Map<string, Covers>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Copies of one delete come from every replica, and again after a crash; a later delete of the same hides more. */
  add(slice: JournalSlice): void {
    const partition = keyOf(slice.tableId, slice.partitionKey);
    const covers = this.#partitions.get(partition);
    const one = { cover: coverOf(slice), timestampMicros: slice.timestampMicros };
    const known = timeOf(covers, one.cover);
    if (known === undefined) this.#size++;
    if (known === undefined || known < one.timestampMicros) this.#partitions.set(partition, withCover(covers, one));
  }

  /** Unless a later one has taken its place. */
  remove(slice: JournalSlice): void {
    const partition = keyOf(slice.tableId, slice.partitionKey);
    const covers = this.#partitions.get(partition);
    const cover = coverOf(slice);
    if (covers === undefined || timeOf(covers, cover) !== slice.timestampMicros) return;
    this.#size--;
    if (covers instanceof Map) covers.delete(cover);
    if (!(covers instanceof Map) || covers.size === 0) this.#partitions.delete(partition);
  }

  ofPartition(tableId: string, partitionKey: Buffer, times: Times = {}): readonly JournalSlice[] {
    const partition = keyOf(tableId, partitionKey);
    const covers = this.#partitions.get(partition);
    return covers ? [...slicesIn(partition, covers, times)] : [];
  }

  *all(times: Times = {}): Iterable<JournalSlice> {
    for (const [partition, covers] of this.#partitions) yield* slicesIn(partition, covers, times);
  }
}

function timeOf(covers: Covers | undefined, cover: Cover): bigint | undefined {
  if (covers instanceof Map) return covers.get(cover);
  return covers?.cover === cover ? covers.timestampMicros : undefined;
}

function withCover(covers: Covers | undefined, one: OneCover): Covers {
  if (covers instanceof Map) return covers.set(one.cover, one.timestampMicros);
  if (covers === undefined || covers.cover === one.cover) return one;
  return new Map([covers, one].map(({ cover, timestampMicros }) => [cover, timestampMicros]));
}

/** A busy partition has many, and most are out of time: only the others are read back. */
function* slicesIn(partition: string, covers: Covers, { fromMicros, upToMicros }: Times): Iterable<JournalSlice> {
  const all = covers instanceof Map ? covers : [[covers.cover, covers.timestampMicros] as const];
  for (const [cover, timestampMicros] of all) {
    if (fromMicros !== undefined && timestampMicros < fromMicros) continue;
    if (upToMicros !== undefined && timestampMicros > upToMicros) continue;
    yield { ...placeOf(partition), timestampMicros, ...coveredBy(cover) };
  }
}

function keyOf(tableId: string, partitionKey: Buffer): string {
  return `${tableId}/${partitionKey.toString('latin1')}`;
}

function placeOf(partition: string): Pick<JournalSlice, 'tableId' | 'partitionKey'> {
  const end = partition.indexOf('/');
  return { tableId: partition.slice(0, end), partitionKey: Buffer.from(partition.slice(end + 1), 'latin1') };
}

/** Of a whole partition one of two texts, that all share. */
function coverOf({ decision, range }: JournalSlice): Cover {
  return range ? `${decision}/${JSON.stringify(writeRange(range))}` : decision;
}

function coveredBy(cover: Cover): Pick<JournalSlice, 'decision' | 'range'> {
  const end = cover.indexOf('/');
  if (end < 0) return { decision: cover as ChangeDecision };
  return { decision: cover.slice(0, end) as ChangeDecision, range: readRange(JSON.parse(cover.slice(end + 1))) };
}
