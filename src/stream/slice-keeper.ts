import type { RowUnderStamp } from '../apply/applier-parts.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { isInSlice, type JournalSlice, mayForgetSlice, withoutCovered } from '../model/slice-journal.ts';
import { tokenOf } from '../model/token.ts';
import { sliceJournal } from '../model/topics.ts';
import type { TimestampWindow } from '../model/write-timestamp.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';
import { decodeSlice, encodeSlice } from './slice-codec.ts';

/** Says when the last split that holds a token was copied; undefined while it is not. */
export type SnapshotDoneAt = (tableId: string, token: bigint) => bigint | undefined;

/** The slices of one changes partition: in memory for every update that comes, on their topic for who takes over. */
export class SliceKeeper {
  readonly #byPartitionKey = new Map<string, JournalSlice[]>();
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
    const slices = this.#byPartitionKey.get(keyOf(update.table.id, update.partitionKey));
    return slices ? withoutCovered(update, slices) : update;
  }

  /** Slices to be applied again: of all partitions, or of those with the given tokens of one table. */
  appliedSlices(isWanted: (tableId: string, token: bigint) => boolean = () => true): readonly JournalSlice[] {
    return [...this.#byPartitionKey.values()]
      .flat()
      .filter((slice) => slice.decision === 'apply' && isWanted(slice.tableId, tokenOf(slice.partitionKey)));
  }

  /** Whether an applied slice hides what is written to a row at a stamp. */
  readonly isHidden = ({ table, partitionKey, clustering, timestampMicros }: RowUnderStamp): boolean => {
    const slices = this.#byPartitionKey.get(keyOf(table.id, joinPartitionKey(partitionKey))) ?? [];
    return slices.some((slice) => {
      if (slice.decision !== 'apply' || slice.timestampMicros < timestampMicros) return false;
      return clustering === undefined ? slice.range === undefined : isInSlice(clustering, slice, table);
    });
  };

  /** Entries that may end, once they have been applied a last time. */
  spentSlices(nowMicros: bigint, snapshotDoneAt: SnapshotDoneAt, window: TimestampWindow): readonly JournalSlice[] {
    return [...this.#byPartitionKey.values()].flat().filter((slice) => {
      const snapshotDoneAtMicros = snapshotDoneAt(slice.tableId, tokenOf(slice.partitionKey));
      return mayForgetSlice({ slice, nowMicros, snapshotDoneAtMicros, window });
    });
  }

  forget(spent: readonly JournalSlice[]): void {
    for (const [key, slices] of this.#byPartitionKey) {
      const kept = slices.filter((slice) => !spent.includes(slice));
      if (kept.length === 0) this.#byPartitionKey.delete(key);
      else this.#byPartitionKey.set(key, kept);
    }
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }

  #remember(slice: JournalSlice): void {
    const key = keyOf(slice.tableId, slice.partitionKey);
    const slices = this.#byPartitionKey.get(key) ?? [];
    this.#byPartitionKey.set(key, [...slices.filter((other) => !isSame(other, slice)), slice]);
  }
}

function keyOf(tableId: string, partitionKey: Buffer): string {
  return `${tableId}/${partitionKey.toString('hex')}`;
}

/** Copies of one delete come from every replica, and again after a crash. */
function isSame(a: JournalSlice, b: JournalSlice): boolean {
  return encodeSlice(a).equals(encodeSlice(b));
}
