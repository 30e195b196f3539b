import { rowKeyText } from '../model/difference.ts';
import { listTimestamp } from '../model/write-timestamp.ts';
import type { DirtyLists } from './rewrite-lists.ts';

/** A stamp of some lists that was ahead of the clock when it was given. */
export interface StampAhead {
  /** Of the row, or of the partition's statics. */
  readonly lists: string;
  readonly micros: bigint;
}

/**
 * Gives the lists of each row stamps that rise in the order of their reads. The clock alone does that, but for an event
 * of the future, whose stamp is ahead of it: a later read under the clock would lose to an earlier one. Such stamps are
 * remembered until the clock has passed them, and `keep` makes them known to whoever takes the partition, before anything
 * is written with them (docs/decisions/0001-write-timestamps.md).
 */
export class ListStamps {
  readonly #keep: (stamp: StampAhead) => Promise<void>;
  readonly #ahead = new Map<string, bigint>();
  #forgetDue = 0n;

  constructor(keep: (stamp: StampAhead) => Promise<void>) {
    this.#keep = keep;
  }

  /** What an earlier holder of the partition has kept; before anything is asked. */
  recall({ lists, micros }: StampAhead): void {
    if (micros > (this.#ahead.get(lists) ?? 0n)) this.#ahead.set(lists, micros);
  }

  /** Those that the clock has not passed. */
  ahead(nowMicros: bigint): readonly StampAhead[] {
    return [...this.#ahead].flatMap(([lists, micros]) => (micros < nowMicros ? [] : { lists, micros }));
  }

  /** To be called before the read; what is read after it has resolved may be written with the stamp. */
  async next(dirty: DirtyLists, nowMicros: bigint): Promise<bigint> {
    const lists = `${dirty.table.id}/${dirty.isStatic}/${rowKeyText(dirty)}`;
    const micros = listTimestamp(nowMicros, dirty.eventMicros, this.#ahead.get(lists));
    this.#forgetPassed(nowMicros);
    if (micros <= nowMicros + 2n) return micros;
    // At once, so that who asks next, while this is on its way to the journal, is given a higher one.
    this.#ahead.set(lists, micros);
    await this.#keep({ lists, micros });
    return micros;
  }

  #forgetPassed(nowMicros: bigint): void {
    if (nowMicros < this.#forgetDue) return;
    this.#forgetDue = nowMicros + forgetEveryMicros;
    for (const [lists, micros] of this.#ahead) if (micros < nowMicros) this.#ahead.delete(lists);
  }
}

/** Not with every stamp: an application that is minutes ahead has minutes of them here. */
const forgetEveryMicros = 1_000_000n;
