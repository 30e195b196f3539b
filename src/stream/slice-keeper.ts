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
import { SliceStore } from './slice-store.ts';

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
  readonly #slices = new SliceStore();
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
    for (const slice of slices) this.#slices.add(slice);
    await Promise.all(slices.map((slice) => this.#journal.keep({ kind: 'slice', slice })));
  }

  /** What is left of an update under the slices of its partition. */
  withoutCovered(update: PartitionUpdate): PartitionUpdate | undefined {
    const fromMicros = writeTimesOf(update)?.oldestMicros;
    if (fromMicros === undefined) return update;
    return withoutCovered(update, this.#slices.ofPartition(update.table.id, update.partitionKey, { fromMicros }));
  }

  /** Slices to be gone over again: of all partitions, or of those with the given tokens of one table. */
  slices(isWanted: (tableId: string, token: bigint) => boolean = () => true): readonly JournalSlice[] {
    return [...this.#slices.all()].filter((slice) => isWanted(slice.tableId, tokenOf(slice.partitionKey)));
  }

  /** Whether an applied slice hides what is written to a row at a stamp. */
  readonly isHidden = ({ table, partitionKey, clustering, timestampMicros }: RowUnderStamp): boolean =>
    this.#slices
      .ofPartition(table.id, joinPartitionKey(partitionKey), { fromMicros: timestampMicros })
      .some((slice) => {
        if (slice.decision !== 'apply') return false;
        return clustering === undefined ? slice.range === undefined : isInSlice(clustering, slice, table);
      });

  /** Entries that may end, once they have been applied a last time. */
  spentSlices(nowMicros: bigint, snapshotDoneAt: SnapshotDoneAt, window: TimestampWindow): readonly JournalSlice[] {
    // Those of the window are by far the most.
    const old = [...this.#slices.all({ upToMicros: nowMicros - window.pastMicros })];
    return old.filter((slice) => {
      const snapshotDoneAtMicros = snapshotDoneAt(slice.tableId, tokenOf(slice.partitionKey));
      return mayForgetSlice({ slice, nowMicros, snapshotDoneAtMicros, window });
    });
  }

  forget(spent: readonly JournalSlice[]): void {
    for (const slice of spent) this.#slices.remove(slice);
  }

  /**
   * Lets whoever comes next read no more than about twice what still counts, however many slices there have been: what is
   * forgotten was applied for the last time.
   */
  async shortenJournal(nowMicros: bigint): Promise<void> {
    const live = this.#slices.size + this.listStamps.ahead(nowMicros).length;
    if (this.#journal.length > 2 * live + notWorthRewriting) await this.#journal.rewrite(() => this.#live(nowMicros));
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #recall(nowMicros: bigint, signal?: AbortSignal): Promise<void> {
    for await (const entry of this.#journal.read(signal)) {
      if (entry.kind === 'slice') this.#slices.add(entry.slice);
      else if (entry.stamp.micros >= nowMicros) this.listStamps.recall(entry.stamp);
    }
  }

  #live(nowMicros: bigint): readonly JournalEntry[] {
    const slices = [...this.#slices.all()].map((slice): JournalEntry => ({ kind: 'slice', slice }));
    const stamps = this.listStamps.ahead(nowMicros).map((stamp): JournalEntry => ({ kind: 'list-stamp', stamp }));
    return [...slices, ...stamps];
  }
}
