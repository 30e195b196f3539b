import type { JournalSlice } from '../model/slice-journal.ts';
import { isInRange } from '../model/token.ts';
import { reapplySlices } from './reapply-slices.ts';
import { reportedLetters } from './reported-letters.ts';
import type { SinkParts } from './sink-parts.ts';
import type { SliceKeeper } from './slice-keeper.ts';

/**
 * When the slices of a partition are gone over again. Those of a paused table wait: they are gone over as soon as it is
 * paused no more, and none of them is forgotten before.
 */
export class SliceRounds {
  readonly #keeper: SliceKeeper;
  readonly #parts: SinkParts;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<string>();
  #reappliedRanges = 0;

  constructor(keeper: SliceKeeper, parts: SinkParts, signal: AbortSignal) {
    this.#keeper = keeper;
    this.#parts = parts;
    this.#signal = signal;
  }

  all(): Promise<void> {
    return this.#reapply(this.#keeper.slices());
  }

  /** A snapshot row that was read before a range delete may be written after the delete went over the target. */
  async underCopiedRanges(): Promise<void> {
    const { copiedRanges } = this.#parts;
    const fresh = copiedRanges.slice(this.#reappliedRanges);
    if (fresh.length === 0) return;
    const upTo = copiedRanges.length;
    const isCovered = (tableId: string, token: bigint) =>
      fresh.some((copied) => copied.tableId === tableId && isInRange(token, copied.range));
    await this.#reapply(this.#keeper.slices(isCovered));
    this.#reappliedRanges = upTo;
  }

  async ofResumedTables(): Promise<void> {
    for (const tableId of [...this.#waiting]) {
      if (this.#isPaused(tableId)) continue;
      // First: where it is paused again meanwhile, the rest of them waits again.
      this.#waiting.delete(tableId);
      try {
        await this.#reapply(this.#keeper.slices((id) => id === tableId));
      } catch (error) {
        this.#waiting.add(tableId);
        throw error;
      }
    }
  }

  async forgetSpent(): Promise<void> {
    const { clock, snapshotDoneAt, window } = this.#parts;
    const spent = this.#keeper
      .spentSlices(clock.nowMicros(), snapshotDoneAt, window)
      .filter(({ tableId }) => !this.#isPaused(tableId));
    await this.#reapply(spent);
    this.#keeper.forget(spent.filter(({ tableId }) => !this.#waiting.has(tableId)));
    await this.#keeper.shortenJournal(clock.nowMicros());
  }

  async #reapply(slices: readonly JournalSlice[]): Promise<void> {
    const { ruleOf } = this.#parts;
    // Asked of each when its turn comes: a round may take minutes.
    const tableById = (id: string) => {
      const rule = ruleOf(id);
      if (rule.kind === 'paused') this.#waiting.add(id);
      return rule.kind === 'applied' ? rule.table : undefined;
    };
    const deadLetters = reportedLetters(this.#parts);
    await reapplySlices(slices, {
      ...this.#parts,
      deadLetters,
      keeper: this.#keeper,
      tableById,
      signal: this.#signal,
    });
  }

  #isPaused(tableId: string): boolean {
    return this.#parts.ruleOf(tableId).kind === 'paused';
  }
}
