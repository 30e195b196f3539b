import type { DeadLetters } from '../apply/dead-letters.ts';
import { decodeRecord } from '../feeds/decode-record.ts';
import type { Clock } from '../ports/clock.ts';
import { type AdmittedUpdates, admitUpdates } from './admit-updates.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import { undecodableChange } from './letters.ts';
import type { ParkedEntry, ParkedRow } from './parked-codec.ts';
import type { ParkingLot } from './parking-lot.ts';
import type { SchemaFollower } from './schema-follower.ts';
import type { RuleOf, TableRule } from './table-rule.ts';
import { updateToRecopy } from './update-to-recopy.ts';

export interface ReplayParts {
  readonly lot: ParkingLot;
  readonly schema: SchemaFollower;
  readonly ruleOf: RuleOf;
  /** Whether nobody will tell any more what an undecodable record means: the operator decided after it was parked. */
  readonly isGivenUp: (entry: ParkedEntry) => boolean;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly clock: Clock;
  /** Brings updates to the target, or to the dead letters, as they were changes that have just arrived. */
  readonly apply: (updates: readonly ReceivedUpdate[]) => Promise<void>;
  readonly signal: AbortSignal;
}

const entriesAtOnce = 500;
/** A record may also be given up for its age. */
const retryAfterMicros = 60_000_000n;

/**
 * Brings parked changes to the target once their table is no longer paused, a few at a time beside the stream.
 *
 * A parked change is a change that comes late, nothing else: it is decided anew by its write time, applied if it is young
 * and its row read again if not, and its slices go through the journal. So any order among parked and other changes, any
 * repeat after a crash and two workers at once end in the same rows (docs/decisions/0001-write-timestamps.md); a recopy
 * alone would not do, for its floor is below what was applied directly before the table was paused.
 */
export class ParkedReplay {
  readonly #parts: ReplayParts;
  /** By table, where replaying stopped before a record that no schema makes fit: what was known then. */
  readonly #held = new Map<string, Held>();
  #running: Running | undefined;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Replays some entries of one table, if any may be replayed. */
  async step(): Promise<void> {
    const running = this.#running ?? this.#begin();
    if (running === undefined) return;
    try {
      const next = await running.entries.next();
      if (next.done || !(await this.#replay(running.tableId, next.value))) await this.close();
    } catch (error) {
      // What was in hand is read again: it is marked only once it is replayed.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.entries.return?.();
  }

  #begin(): Running | undefined {
    const { lot, signal } = this.#parts;
    const due = lot.tables().find(({ tableId, waiting }) => waiting > 0 && this.#isDue(tableId));
    if (due === undefined) return undefined;
    const entries = lot.waiting(due.tableId, entriesAtOnce, signal)[Symbol.asyncIterator]();
    this.#running = { tableId: due.tableId, entries };
    return this.#running;
  }

  #isDue(tableId: string): boolean {
    const { ruleOf, schema, clock } = this.#parts;
    const rule = ruleOf(tableId);
    if (rule.kind === 'paused') return false;
    const held = this.#held.get(tableId);
    if (held?.version !== schema.version || held.rule !== rule) return true;
    return clock.nowMicros() > held.atMicros + retryAfterMicros;
  }

  /** Answers whether all of them were replayed; those behind one that does not fit wait with it. */
  async #replay(tableId: string, entries: readonly ParkedEntry[]): Promise<boolean> {
    const { lot, ruleOf, clock, apply } = this.#parts;
    if (ruleOf(tableId).kind === 'paused') return false;
    const admitted: AdmittedUpdates[] = [];
    for (const entry of entries) {
      const found = await this.#updatesOf(entry);
      const next = found && admitUpdates(found, ruleOf, clock.nowMicros());
      // Parked again for the same lack it would come back at once, and again.
      if (next === undefined || next.parked.some((change) => change.tableId === tableId)) break;
      admitted.push(next);
    }
    await apply(admitted.flatMap(({ fitting }) => fitting));
    // Other tables of a whole record, before the mark: a crash between the two repeats, and loses nothing.
    await lot.park(admitted.flatMap(({ parked }) => parked));
    if (admitted.length > 0) await lot.replayed(tableId, admitted.length);
    if (admitted.length < entries.length) this.#hold(tableId);
    return admitted.length === entries.length;
  }

  #hold(tableId: string): void {
    const { schema, ruleOf, clock } = this.#parts;
    this.#held.set(tableId, { version: schema.version, rule: ruleOf(tableId), atMicros: clock.nowMicros() });
  }

  /** Undefined: it waits still, for a schema or for its table. */
  async #updatesOf(entry: ParkedEntry): Promise<readonly ReceivedUpdate[] | undefined> {
    if (entry.kind === 'row') return this.#updateOfRow(entry);
    const { event, tableId, isWhole } = entry;
    const decoded = decodeRecord(event, this.#parts.schema.tableById);
    if (decoded.kind === 'mutation') {
      const updates = decoded.mutation.updates.filter(({ table }) => isWhole || table.id === tableId);
      return updates.map((update) => ({ update, event }));
    }
    if (decoded.kind === 'unknown-schema' && !this.#parts.isGivenUp(entry)) return undefined;
    await this.#parts.deadLetters.add(undecodableChange(event, decoded));
    return [];
  }

  #updateOfRow({ tableId, partitionKey, clustering }: ParkedRow): readonly ReceivedUpdate[] | undefined {
    const rule = this.#parts.ruleOf(tableId);
    if (rule.kind === 'paused') return undefined;
    if (rule.kind === 'left') return [];
    return [{ update: updateToRecopy(rule.table, partitionKey, clustering), event: undefined }];
  }
}

interface Held {
  readonly version: number;
  readonly rule: TableRule;
  readonly atMicros: bigint;
}

interface Running {
  readonly tableId: string;
  readonly entries: AsyncIterator<readonly ParkedEntry[]>;
}
