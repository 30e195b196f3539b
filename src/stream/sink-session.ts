import { deleteSlice } from '../apply/delete-slice.ts';
import { recopy } from '../apply/recopy.ts';
import { ListStamps } from '../apply/rewrite-lists.ts';
import { OperatorError } from '../errors.ts';
import { decodeChangeEvent } from '../model/change-event.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import type { Table } from '../model/table.ts';
import { isInRange } from '../model/token.ts';
import { decidePart } from '../model/write-timestamp.ts';
import type { Message, Subscription } from '../ports/message-bus.ts';
import { applyBatch } from './apply-batch.ts';
import { addBooks, emptyBooks } from './batch-books.ts';
import { RecentUpdates } from './copies.ts';
import { decodeMessages } from './decode-messages.ts';
import { PartitionState } from './partition-state.ts';
import { receiveBatch } from './receive-batch.ts';
import type { PublishProgress, SinkParts } from './sink-parts.ts';
import { SliceKeeper } from './slice-keeper.ts';

const batchMessages = 2_000;
const progressEveryMicros = 1_000_000n;
const forgetEveryMicros = 60_000_000n;
/** Some minutes of a busy partition; a copy that comes later costs one write. */
const rememberedUpdates = 100_000;

/**
 * One stretch of time in which this worker holds one changes partition. It begins by reading the slice journal and ends
 * when `signal` aborts: nothing that it had not acknowledged is remembered, for whoever is next is given it again.
 */
export async function runSinkSession(
  partition: number,
  subscription: Subscription,
  publish: PublishProgress,
  parts: SinkParts,
  signal: AbortSignal,
): Promise<void> {
  const keeper = await SliceKeeper.open(parts.bus, partition, signal);
  try {
    await new SinkSession(partition, subscription, publish, keeper, parts, signal).run();
  } finally {
    await keeper.close();
  }
}

class SinkSession {
  readonly #partition: number;
  readonly #subscription: Subscription;
  readonly #publish: PublishProgress;
  readonly #keeper: SliceKeeper;
  readonly #parts: SinkParts;
  readonly #signal: AbortSignal;
  readonly #state: PartitionState;
  readonly #recent = new RecentUpdates(rememberedUpdates);
  readonly #listStamps = new ListStamps();
  #reappliedRanges = 0;
  #progressDue = 0n;
  #forgetDue = 0n;

  constructor(
    partition: number,
    subscription: Subscription,
    publish: PublishProgress,
    keeper: SliceKeeper,
    parts: SinkParts,
    signal: AbortSignal,
  ) {
    this.#partition = partition;
    this.#subscription = subscription;
    this.#publish = publish;
    this.#keeper = keeper;
    this.#parts = parts;
    this.#signal = signal;
    this.#state = new PartitionState(partition);
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const messages = await receiveBatch(this.#subscription, batchMessages, 500, this.#signal);
      if (messages.length > 0) await this.#untilPossible('changes cannot be applied', () => this.#take(messages));
      await this.#untilPossible('slices cannot be applied again', () => this.#reapplyUnderCopiedRanges());
      await this.#tellProgress();
    }
  }

  async #take(messages: readonly Message[]): Promise<void> {
    const parts = { ...this.#parts, keeper: this.#keeper, listStamps: this.#listStamps, signal: this.#signal };
    const { updates, poisoned } = await decodeMessages(messages, parts.schema, parts.deadLetters, this.#signal);
    const context = {
      isMigrated: (tableId: string) => parts.tableIds.has(tableId),
      isRecopied: (tableId: string) => parts.recopiedTableIds.has(tableId),
      remembered: (digest: string) => this.#recent.decisionOf(digest),
      handOverMicros: parts.handOverMicros,
      nowMicros: parts.clock.nowMicros(),
      window: parts.window,
    };
    const { books, decisions, writeTimesMicros } = await applyBatch(updates, context, parts);
    this.#signal.throwIfAborted();
    await this.#subscription.acknowledgeUpTo(messages.at(-1)!.position);
    for (const [digest, decision] of decisions) this.#recent.remember(digest, decision);
    const now = parts.clock.nowMicros();
    const total = addBooks(books, { ...emptyBooks, received: poisoned, deadLettered: poisoned });
    this.#state.passBatch(
      total,
      writeTimesMicros.map((time) => Number(now - time) / 1000),
    );
    await this.#passMarks(messages);
    parts.report({
      kind: 'batch-applied',
      partition: this.#partition,
      changes: total.received,
      duplicates: total.duplicates,
      recopies: total.recopied,
    });
  }

  /** Marks count only now: everything before them is acknowledged. */
  async #passMarks(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const event = decodeChangeEvent(message);
      if (event?.kind === 'watermark') this.#state.passWatermark(event);
      if (event?.kind !== 'drain-mark' || !this.#state.passDrainMark(event, this.#parts.nodes)) continue;
      await this.#reapply(this.#keeper.appliedSlices());
      this.#state.drainDone(event.nonce);
      this.#progressDue = 0n;
    }
  }

  /** A snapshot row that was read before a range delete may be written after the delete went over the target. */
  async #reapplyUnderCopiedRanges(): Promise<void> {
    const { copiedRanges } = this.#parts;
    const fresh = copiedRanges.slice(this.#reappliedRanges);
    if (fresh.length === 0) return;
    const upTo = copiedRanges.length;
    const isCovered = (tableId: string, token: bigint) =>
      fresh.some((copied) => copied.tableId === tableId && isInRange(token, copied.range));
    await this.#reapply(this.#keeper.appliedSlices(isCovered));
    this.#reappliedRanges = upTo;
  }

  async #reapply(slices: readonly JournalSlice[]): Promise<void> {
    for (const slice of slices) {
      const table = this.#parts.schema.tableById(slice.tableId);
      if (table) await this.#reapplySlice(slice, table);
    }
  }

  /** A slice that the target would no longer take is looked up on the source instead. */
  async #reapplySlice(slice: JournalSlice, table: Table): Promise<void> {
    const parts = { ...this.#parts, isHidden: this.#keeper.isHidden, signal: this.#signal };
    const instants = { handOverMicros: parts.handOverMicros, nowMicros: parts.clock.nowMicros(), window: parts.window };
    if (decidePart(instants, slice.timestampMicros) === 'apply') await deleteSlice(slice, table, parts);
    else {
      const partitionKey = splitPartitionKey(slice.partitionKey, table.partitionKey.length);
      await recopy({ table, partitionKey, scope: { kind: 'partition' } }, parts);
    }
  }

  async #forgetSpent(): Promise<void> {
    const { clock, snapshotDoneAt, window } = this.#parts;
    const spent = this.#keeper.spentSlices(clock.nowMicros(), snapshotDoneAt, window);
    await this.#reapply(spent);
    this.#keeper.forget(spent);
  }

  async #tellProgress(): Promise<void> {
    const { clock, workerName } = this.#parts;
    const now = clock.nowMicros();
    if (now >= this.#forgetDue) {
      this.#forgetDue = now + forgetEveryMicros;
      await this.#untilPossible('old slices cannot be applied again', () => this.#forgetSpent());
    }
    if (now < this.#progressDue) return;
    this.#progressDue = now + progressEveryMicros;
    await this.#publish(this.#state.progress(workerName, now));
  }

  /** What only an operator can mend (a cluster that is away) is waited for: a batch may be repeated. */
  async #untilPossible(what: string, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof OperatorError) || this.#signal.aborted) throw error;
        this.#parts.report({ kind: 'waiting', reason: `${what}: ${error.message}` });
        await this.#parts.clock.sleep(2_000, this.#signal);
      }
    }
  }
}
