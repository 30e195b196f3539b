import { OperatorError } from '../errors.ts';
import type { Lane } from '../model/lane.ts';
import { emptyBooks, type StreamBooks } from '../model/stream-books.ts';
import type { Message } from '../ports/message-bus.ts';
import { type AdmittedUpdates, admitUpdates, recordToPark } from './admit-updates.ts';
import { applyBatch, type BatchContext, type BatchParts, type ReceivedUpdate } from './apply-batch.ts';
import { addBooks, throwOnUnbalanced } from './batch-books.ts';
import { type KnownCopies, RecentUpdates } from './copies.ts';
import { decodeEvents } from './decode-events.ts';
import { decodeImages, ImageFormats } from './decode-images.ts';
import { type DecodedMessages, decodeMessages } from './decode-messages.ts';
import type { ParkingLot } from './parking-lot.ts';
import { PartitionsUnderWay } from './partitions-under-way.ts';
import { reportedLetters } from './reported-letters.ts';
import { sinkBounds } from './sink-bounds.ts';
import type { SinkParts } from './sink-parts.ts';
import type { SliceKeeper } from './slice-keeper.ts';
import { type Tie, TieFinder } from './tie-finder.ts';

export interface TakenChanges {
  readonly books: StreamBooks;
  /** From the write on the source to the target's confirmation, of what was applied or read again. */
  readonly latenciesMs: readonly number[];
}

/** Decoded, and sorted by what may be done with it: what waits is parked already, what nothing can be made of is buried. */
export interface PreparedChanges {
  readonly fitting: readonly ReceivedUpdate[];
  /** Updates that were received, counted before they were sorted. */
  readonly received: number;
  /** Of `fitting` with one another and with what came before; one a table. */
  readonly ties: readonly Tie[];
  /** Of what is not among `fitting`: outcomes only. */
  readonly others: StreamBooks;
  readonly copies: KnownCopies;
}

export interface HeldPartition {
  readonly lane: Lane;
  readonly keeper: SliceKeeper;
  readonly lot: ParkingLot;
  readonly signal: AbortSignal;
}

/** Brings the changes of one partition to the target, to the parked topic or to the dead letters. */
export class ChangeTaker {
  readonly #parts: SinkParts;
  readonly #held: HeldPartition;
  readonly #recent: RecentUpdates;
  readonly #tieFinder: TieFinder;
  readonly #batchParts: BatchParts;
  readonly #formats: ImageFormats;

  constructor(parts: SinkParts, held: HeldPartition) {
    this.#parts = parts;
    this.#held = held;
    this.#formats = new ImageFormats(parts.bus, held.lane.topic);
    const { rememberedUpdates, rememberedCells } = sinkBounds(parts.lanes.length);
    this.#recent = new RecentUpdates(rememberedUpdates);
    this.#tieFinder = new TieFinder(rememberedCells);
    this.#batchParts = {
      ...parts,
      deadLetters: reportedLetters(parts),
      keeper: held.keeper,
      underWay: new PartitionsUnderWay(),
      get targetSkewMicros() {
        return parts.targetSkewMicros;
      },
      parkIfPaused: (update) => this.#parkIfPaused(update),
      signal: held.signal,
    };
  }

  /** One batch after the other: so the slices of an earlier one are known before a later one writes. */
  async prepare(messages: readonly Message[]): Promise<PreparedChanges> {
    const { updates, unknown, poisoned, duplicates } = await this.#decode(messages);
    const now = this.#parts.clock.nowMicros();
    const { fitting, parked, parkedUpdates, ignored } = this.#admit(updates);
    await this.#held.lot.park([...parked, ...unknown.map((record) => recordToPark(record, now))]);
    const waiting = parkedUpdates + unknown.length;
    const received = updates.length + unknown.length + poisoned + duplicates;
    const others = { ...emptyBooks, deadLettered: poisoned, parked: waiting, ignored, duplicates };
    return { fitting, received, others, ties: this.#tiesIn(fitting), copies: this.#recent.ofBatch() };
  }

  /**
   * The same changes under the rules of now, to be asked for before each attempt to apply them: the one before may have
   * failed because a table has changed on the source, and changes of a table that is paused since are parked.
   */
  async admitAgain(prepared: PreparedChanges): Promise<PreparedChanges> {
    const { fitting, parked, parkedUpdates, ignored } = this.#admit(prepared.fitting);
    await this.#held.lot.park(parked);
    const others = addBooks(prepared.others, { ...emptyBooks, parked: parkedUpdates, ignored });
    return { ...prepared, fitting, others };
  }

  /** Ends once all of it is where it belongs. Many at a time; one that fails may be repeated. */
  async apply({ fitting, received, others, ties, copies }: PreparedChanges): Promise<TakenChanges> {
    const applied = await applyBatch(fitting, this.#context(copies), this.#batchParts);
    // Only now: a comparison that settles it must see both values written.
    for (const tie of ties) await this.#parts.onTie(tie);
    this.#held.signal.throwIfAborted();
    const books = { ...addBooks(applied.books, others), received };
    throwOnUnbalanced(books, 'changes of one batch');
    return { books, latenciesMs: applied.latenciesMs };
  }

  /** Applies changes that waited. None of them is a copy of another: what was remembered of them may be their refusal. */
  readonly applyLate = async (updates: readonly ReceivedUpdate[]): Promise<void> => {
    if (updates.length === 0) return;
    await applyBatch(updates, this.#context(noCopies), this.#batchParts);
    this.#held.signal.throwIfAborted();
  };

  /** What is read again shows the value that won. */
  #tiesIn(updates: readonly ReceivedUpdate[]): readonly Tie[] {
    const ties = new Map<string, Tie>();
    for (const { update } of updates) {
      const tie = this.#parts.recopiedTableIds.has(update.table.id) ? undefined : this.#tieFinder.find(update);
      if (tie) ties.set(tie.table, tie);
    }
    return [...ties.values()];
  }

  #decode(messages: readonly Message[]): Promise<DecodedMessages> {
    const { tableId } = this.#held.lane;
    const { schema } = this.#parts;
    const { deadLetters } = this.#batchParts;
    if (tableId === undefined) return decodeMessages(messages, schema, deadLetters, this.#held.signal);
    const table = schema.tableById(tableId);
    if (table === undefined) throw new TypeError(`the schema has no table ${tableId}, whose events these are`);
    if (!this.#held.lane.connector) return decodeEvents(messages, table, deadLetters);
    this.#waitWhilePaused(tableId);
    return decodeImages(messages, table, { formatOf: (message) => this.#formats.of(message), deadLetters });
  }

  #admit(updates: readonly ReceivedUpdate[]): AdmittedUpdates {
    const { ruleOf, clock } = this.#parts;
    const { tableId, connector } = this.#held.lane;
    if (connector) this.#waitWhilePaused(tableId!);
    return admitUpdates(updates, ruleOf, clock.nowMicros());
  }

  /**
   * An image cannot be parked as a row that is read again, whose floor would be below what was written before; it is kept
   * where it is. Its lane has no other table.
   */
  #waitWhilePaused(tableId: string): void {
    const rule = this.#parts.ruleOf(tableId);
    if (rule.kind !== 'paused') return;
    const next = 'look at `cdcmig status` and decide about the table';
    throw new OperatorError({ expected: 'a table whose schema is as it was', found: rule.reason, next });
  }

  #context(copies: KnownCopies): BatchContext {
    const { ruleOf, recopiedTableIds, handOverMicros, clock, window } = this.#parts;
    return {
      // What was admitted is applied also where its table is paused just now.
      isMigrated: (tableId) => ruleOf(tableId).kind !== 'left',
      isRecopied: (tableId) => recopiedTableIds.has(tableId),
      copies,
      handOverMicros,
      nowMicros: clock.nowMicros(),
      window,
    };
  }

  async #parkIfPaused(received: ReceivedUpdate): Promise<boolean> {
    await this.#parts.schema.catchUp(this.#held.signal);
    const { parked } = this.#admit([received]);
    await this.#held.lot.park(parked);
    return parked.length > 0;
  }
}

const noCopies: KnownCopies = { firstDecision: () => undefined, remember: () => {} };
