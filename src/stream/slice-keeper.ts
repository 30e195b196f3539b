import type { RowUnderStamp } from '../apply/applier-parts.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { isInSlice, type JournalSlice, mayForgetSlice, withoutCovered } from '../model/slice-journal.ts';
import { tokenOf } from '../model/token.ts';
import { sliceJournal } from '../model/topics.ts';
import { writeTimesOf } from '../model/update-times.ts';
import type { TimestampWindow } from '../model/write-timestamp.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';
import { partitionText } from './partition-text.ts';
import { decodeSlice, encodeSlice } from './slice-codec.ts';

/** Says when the last split that holds a token was copied; undefined while it is not. */
export type SnapshotDoneAt = (tableId: string, token: bigint) => bigint | undefined;

/** The slices of one changes partition: in memory for every update that comes, on their topic for who takes over. */
export class SliceKeeper {
  /** By partition, then by what each covers. */
  readonly #byPartitionKey = new Map<string, Map<string, JournalSlice>>();
  readonly #publisher: Publisher;

  private constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** Reads the journal to its end: nothing of the partition may be applied before. */
  static async open(bus: MessageBus, partition: number, signal?: AbortSignal): Promise<SliceKeeper> {
    const topic = sliceJournal(partition);
    const keeper = new SliceKeeper(await bus.publisher(topic, {}, signal));
    const reader = await bus.reader(topic, { kind: 'earliest' }, signal);
    try {
      for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal))
        keeper.#remember(decodeSlice(message.payload));
    } finally {
      await reader.close();
    }
    return keeper;
  }

  /** Resolves once the slices are durable; only then may their change be acknowledged. */
  async keep(slices: readonly JournalSlice[]): Promise<void> {
    for (const slice of slices) this.#remember(slice);
    await Promise.all(slices.map((slice) => this.#publisher.publish({ payload: encodeSlice(slice) })));
  }

  /** What is left of an update under the slices of its partition. */
  withoutCovered(update: PartitionUpdate): PartitionUpdate | undefined {
    const slices = this.#slicesOf(update.table.id, update.partitionKey);
    const oldest = slices.length > 0 ? writeTimesOf(update)?.oldestMicros : undefined;
    if (oldest === undefined) return update;
    // A busy partition has many slices, and what comes is newer than nearly all of them.
    return withoutCovered(
      update,
      slices.filter((slice) => slice.timestampMicros >= oldest),
    );
  }

  /** Slices to be gone over again: of all partitions, or of those with the given tokens of one table. */
  slices(isWanted: (tableId: string, token: bigint) => boolean = () => true): readonly JournalSlice[] {
    return this.#all().filter((slice) => isWanted(slice.tableId, tokenOf(slice.partitionKey)));
  }

  /** Whether an applied slice hides what is written to a row at a stamp. */
  readonly isHidden = ({ table, partitionKey, clustering, timestampMicros }: RowUnderStamp): boolean =>
    this.#slicesOf(table.id, joinPartitionKey(partitionKey)).some((slice) => {
      if (slice.decision !== 'apply' || slice.timestampMicros < timestampMicros) return false;
      return clustering === undefined ? slice.range === undefined : isInSlice(clustering, slice, table);
    });

  /** Entries that may end, once they have been applied a last time. */
  spentSlices(nowMicros: bigint, snapshotDoneAt: SnapshotDoneAt, window: TimestampWindow): readonly JournalSlice[] {
    return this.#all().filter((slice) => {
      const snapshotDoneAtMicros = snapshotDoneAt(slice.tableId, tokenOf(slice.partitionKey));
      return mayForgetSlice({ slice, nowMicros, snapshotDoneAtMicros, window });
    });
  }

  forget(spent: readonly JournalSlice[]): void {
    for (const slice of spent) {
      const slices = this.#byPartitionKey.get(partitionText(slice.tableId, slice.partitionKey));
      if (slices?.get(coverText(slice)) !== slice) continue;
      slices.delete(coverText(slice));
      if (slices.size === 0) this.#byPartitionKey.delete(partitionText(slice.tableId, slice.partitionKey));
    }
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }

  #all(): readonly JournalSlice[] {
    return [...this.#byPartitionKey.values()].flatMap((slices) => [...slices.values()]);
  }

  #slicesOf(tableId: string, partitionKey: Buffer): readonly JournalSlice[] {
    const slices = this.#byPartitionKey.get(partitionText(tableId, partitionKey));
    return slices ? [...slices.values()] : [];
  }

  /** Copies of one delete come from every replica, and again after a crash; a later delete of the same hides more. */
  #remember(slice: JournalSlice): void {
    const key = partitionText(slice.tableId, slice.partitionKey);
    const slices = this.#byPartitionKey.get(key) ?? new Map<string, JournalSlice>();
    this.#byPartitionKey.set(key, slices);
    const known = slices.get(coverText(slice));
    if (known === undefined || known.timestampMicros < slice.timestampMicros) slices.set(coverText(slice), slice);
  }
}

function coverText({ decision, range }: JournalSlice): string {
  const bounds = range ? [range.start, range.end] : [];
  const texts = bounds.map(
    ({ values, isInclusive }) => `${isInclusive}${values.map((value) => value.toString('hex'))}`,
  );
  return [decision, ...texts].join('/');
}
