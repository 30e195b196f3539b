import type { RowUnderStamp } from '../apply/applier-parts.ts';
import { ListStamps } from '../apply/list-stamps.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { isInSlice, type JournalSlice, mayForgetSlice, withoutCovered } from '../model/slice-journal.ts';
import { tokenOf } from '../model/token.ts';
import { writeTimesOf } from '../model/update-times.ts';
import type { TimestampWindow } from '../model/write-timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { type JournalEntry, PartitionJournal } from './partition-journal.ts';
import { partitionText } from './partition-text.ts';

/** Messages: read within a second. */
const notWorthRewriting = 5_000;

/** Says when the last split that holds a token was copied; undefined while it is not. */
export type SnapshotDoneAt = (tableId: string, token: bigint) => bigint | undefined;

export interface KeeperParts {
  readonly bus: MessageBus;
  readonly clock: Clock;
}

/**
 * The slices of one changes partition, and the stamps of its lists that are ahead of the clock: in memory for every update
 * that comes, in the partition's journal for who takes over.
 */
export class SliceKeeper {
  /** By partition, then by what each covers. */
  readonly #byPartitionKey = new Map<string, Map<string, JournalSlice>>();
  readonly #journal: PartitionJournal;
  readonly listStamps: ListStamps;

  private constructor(journal: PartitionJournal) {
    this.#journal = journal;
    this.listStamps = new ListStamps((stamp) => journal.keep({ kind: 'list-stamp', stamp }));
  }

  /** Reads the journal to its end: nothing of the partition may be applied before. */
  static async open({ bus, clock }: KeeperParts, partition: number, signal?: AbortSignal): Promise<SliceKeeper> {
    const keeper = new SliceKeeper(await PartitionJournal.open(bus, partition, signal));
    try {
      await keeper.#recall(clock.nowMicros(), signal);
      return keeper;
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }

  /** Resolves once the slices are durable; only then may their change be acknowledged. */
  async keep(slices: readonly JournalSlice[]): Promise<void> {
    for (const slice of slices) this.#remember(slice);
    await Promise.all(slices.map((slice) => this.#journal.keep({ kind: 'slice', slice })));
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

  /**
   * Lets whoever comes next read no more than about twice what still counts, however many slices there have been: what is
   * forgotten was applied for the last time.
   */
  async shortenJournal(nowMicros: bigint): Promise<void> {
    const live = this.#live(nowMicros).length;
    if (this.#journal.length > 2 * live + notWorthRewriting) await this.#journal.rewrite(() => this.#live(nowMicros));
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #recall(nowMicros: bigint, signal?: AbortSignal): Promise<void> {
    for await (const entry of this.#journal.read(signal)) {
      if (entry.kind === 'slice') this.#remember(entry.slice);
      else if (entry.stamp.micros >= nowMicros) this.listStamps.recall(entry.stamp);
    }
  }

  #live(nowMicros: bigint): readonly JournalEntry[] {
    const slices = this.#all().map((slice): JournalEntry => ({ kind: 'slice', slice }));
    const stamps = this.listStamps.ahead(nowMicros).map((stamp): JournalEntry => ({ kind: 'list-stamp', stamp }));
    return [...slices, ...stamps];
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
