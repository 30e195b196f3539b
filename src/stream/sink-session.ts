import { ListStamps } from '../apply/rewrite-lists.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import { isInRange } from '../model/token.ts';
import type { Message, Subscription } from '../ports/message-bus.ts';
import { applyBatch } from './apply-batch.ts';
import { addBooks, emptyBooks } from './batch-books.ts';
import { RecentUpdates } from './copies.ts';
import { decodeMessages, readChangeEvent } from './decode-messages.ts';
import { PartitionState } from './partition-state.ts';
import { reapplySlices } from './reapply-slices.ts';
import { receiveBatch } from './receive-batch.ts';
import { reportedLetters } from './reported-letters.ts';
import type { PublishProgress, SinkParts } from './sink-parts.ts';
import { SliceKeeper } from './slice-keeper.ts';
import { untilPossible } from './until-possible.ts';

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
  readonly #listStamps: ListStamps;
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
    this.#listStamps = new ListStamps(parts.handOverMicros);
  }

  async run(): Promise<void> {
    const isOver = new AbortController();
    // Not waited for: a broker that is away would keep the session from ending.
    void this.#keepTelling(AbortSignal.any([this.#signal, isOver.signal]));
    try {
      await this.#takeBatches();
    } finally {
      isOver.abort();
    }
  }

  async #takeBatches(): Promise<void> {
    while (!this.#signal.aborted) {
      const messages = await receiveBatch(this.#subscription, batchMessages, 500, this.#signal);
      if (messages.length > 0) {
        await this.#untilPossible('changes cannot be applied', () => this.#take(messages));
        await this.#untilPossible('the drain cannot be ended', () => this.#passMarks(messages));
      }
      await this.#untilPossible('slices cannot be applied again', () => this.#reapplyUnderCopiedRanges());
      await this.#forgetWhenDue();
      await this.#untilPossible('progress cannot be told', () => this.#tellProgress());
    }
  }

  /** Also while a batch is in hand: one that a slow target holds up must not make its worker look dead. */
  async #keepTelling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(Number(progressEveryMicros / 1000n), signal).catch(() => {});
      // What could not be told now is told a second later, or by the loop above, which waits until it can.
      if (!signal.aborted) await this.#tellProgress().catch(() => {});
    }
  }

  async #take(messages: readonly Message[]): Promise<void> {
    const deadLetters = reportedLetters(this.#parts);
    const parts = {
      ...this.#parts,
      deadLetters,
      keeper: this.#keeper,
      listStamps: this.#listStamps,
      signal: this.#signal,
    };
    const { updates, poisoned } = await decodeMessages(messages, parts.schema, deadLetters, this.#signal);
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
      const event = readChangeEvent(message);
      if (event?.kind === 'watermark') this.#state.passWatermark(event);
      if (event?.kind !== 'drain-mark' || !this.#state.passDrainMark(event, this.#parts.nodes)) continue;
      await this.#reapply(this.#keeper.slices());
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
    await this.#reapply(this.#keeper.slices(isCovered));
    this.#reappliedRanges = upTo;
  }

  #reapply(slices: readonly JournalSlice[]): Promise<void> {
    const { tableById } = this.#parts.schema;
    return reapplySlices(slices, { ...this.#parts, keeper: this.#keeper, tableById, signal: this.#signal });
  }

  async #forgetSpent(): Promise<void> {
    const { clock, snapshotDoneAt, window } = this.#parts;
    const spent = this.#keeper.spentSlices(clock.nowMicros(), snapshotDoneAt, window);
    await this.#reapply(spent);
    this.#keeper.forget(spent);
  }

  async #forgetWhenDue(): Promise<void> {
    const now = this.#parts.clock.nowMicros();
    if (now < this.#forgetDue) return;
    this.#forgetDue = now + forgetEveryMicros;
    await this.#untilPossible('old slices cannot be applied again', () => this.#forgetSpent());
  }

  async #tellProgress(): Promise<void> {
    const { clock, workerName } = this.#parts;
    const now = clock.nowMicros();
    if (now < this.#progressDue) return;
    this.#progressDue = now + progressEveryMicros;
    await this.#publish(this.#state.progress(workerName, now));
  }

  #untilPossible(what: string, work: () => Promise<void>): Promise<void> {
    return untilPossible(what, work, { ...this.#parts, signal: this.#signal });
  }
}
