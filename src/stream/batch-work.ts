import { withTtlsAt } from '../apply/age-statement.ts';
import { allEnded } from '../apply/all-ended.ts';
import { deleteSlice } from '../apply/delete-slice.ts';
import { type RecopyKey, recopy } from '../apply/recopy.ts';
import { type DirtyLists, listColumns, rewriteLists } from '../apply/rewrite-lists.ts';
import { statementsOfUpdate } from '../apply/statements-of-update.ts';
import { createThrottle } from '../apply/throttle.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import { type JournalSlice, slicesOf } from '../model/slice-journal.ts';
import type { Table } from '../model/table.ts';
import type { BatchParts } from './apply-batch.ts';
import type { Outcome } from './batch-books.ts';
import { Once } from './once.ts';
import { fittingPart } from './oversized-rows.ts';
import type { PartitionUnderWay } from './partitions-under-way.ts';
import type { PlannedChange } from './plan-update.ts';
import { withRefusal } from './refusals.ts';
import { dirtyListsOf, dirtyRow, keysToRecopy } from './work-of-update.ts';

/** Reads of a partition at a time: a batch of deletes must not fall upon the source all at once. */
const readsAtOnce = 64;

export interface WrittenRows {
  readonly outcome: Outcome;
  /** Lists that are to be read again. */
  readonly lists: readonly DirtyLists[];
  /** Why the target never takes some of them; undefined where it has them all. */
  readonly refusal?: Error | undefined;
}

/** What the changes of one batch ask for, each piece of work done once however many ask. */
export class BatchWork {
  readonly #parts: BatchParts;
  readonly #recopies: Once<RecopyKey, readonly (readonly Buffer[])[]>;
  readonly #slices: Once<SliceOfTable, void>;
  readonly #lists: Once<DirtyLists, void>;
  readonly #newestListEvent = new Map<string, bigint>();
  readonly #listsUnderSlices = createThrottle(readsAtOnce, () => {});

  constructor(parts: BatchParts) {
    this.#parts = parts;
    const { keeper } = parts;
    this.#recopies = new Once(
      recopyKeyText,
      (key) => recopy(key, { ...parts, isHidden: keeper.isHidden }),
      readsAtOnce,
    );
    this.#slices = new Once(
      ({ slice }) => sliceText(slice),
      (slice) => this.#deleteSlice(slice),
      readsAtOnce,
    );
    this.#lists = new Once(
      listsText,
      (dirty) =>
        rewriteLists({ ...dirty, eventMicros: this.#newestListEvent.get(listsText(dirty))! }, keeper.listStamps, parts),
      readsAtOnce,
    );
  }

  /** Everything of a change but its slices. Throws OversizedRowError where nothing of it may be written. */
  async writeRows(plan: PlannedChange, underWay: PartitionUnderWay): Promise<WrittenRows> {
    const { fitting, refusal } = fittingPart(plan, this.#parts.writer.limits);
    if (!fitting) throw refusal;
    const written = await this.#writeFitting(fitting, underWay);
    return { ...written, refusal: refusal ?? written.refusal };
  }

  async #writeFitting(plan: PlannedChange, underWay: PartitionUnderWay): Promise<WrittenRows> {
    const young = await withRefusal(this.#writeYoungParts(plan));
    const keys = keysToRecopy(plan);
    // Like a slice that is applied, the reading of a whole partition looks at what the target has.
    if (keys.some(({ scope }) => scope.kind === 'partition')) await underWay.untilEarlierEnded();
    const wentOver = await allEnded(keys.map((key) => withRefusal(this.#recopies.run(key))));
    // A list has a stamp above any floor, so a row that the recopy found gone keeps its list until that is read again.
    const hasLists = listColumns(plan.update.table, false).length > 0;
    const rowsOfPartition = keys.flatMap(({ scope }, index) =>
      scope.kind === 'partition' ? (wentOver[index]!.result ?? []) : [],
    );
    const lists = hasLists ? rowsOfPartition.map((clustering) => dirtyRow(plan, clustering)) : [];
    const outcome = plan.what === 'recopy' ? 'recopied' : young.result === false ? 'superseded' : 'applied';
    const refusal = [young, ...wentOver].find((tried) => tried.refusal)?.refusal;
    return { outcome, lists: [...dirtyListsOf(plan), ...lists], refusal };
  }

  /** Deletes what the target has under the slices that are applied. */
  async deleteSlices({ update, decideAt }: PlannedChange, underWay: PartitionUnderWay): Promise<void> {
    const slices = slicesOf(update, decideAt).filter(({ decision }) => decision === 'apply');
    if (slices.length === 0) return;
    await underWay.untilEarlierEnded();
    await allEnded(slices.map((slice) => this.#slices.run({ slice, table: update.table })));
  }

  /** Must know all lists of the batch first: each is read once, for the newest event that touched it. */
  foreseeLists(all: readonly DirtyLists[]): void {
    for (const dirty of all) {
      const text = listsText(dirty);
      const known = this.#newestListEvent.get(text);
      if (known === undefined || known < dirty.eventMicros) this.#newestListEvent.set(text, dirty.eventMicros);
    }
  }

  async rewriteLists(lists: readonly DirtyLists[]): Promise<void> {
    await allEnded(lists.map((dirty) => this.#lists.run(dirty)));
  }

  async #deleteSlice({ slice, table }: SliceOfTable): Promise<void> {
    const parts = this.#parts;
    if (listColumns(table, false).length === 0) return deleteSlice(slice, table, parts);
    const partitionKey = splitPartitionKey(slice.partitionKey, table.partitionKey.length);
    const place = { table, partitionKey, isStatic: false, eventMicros: slice.timestampMicros };
    const rewrite = (clustering: readonly Buffer[]) =>
      this.#listsUnderSlices.run(() => rewriteLists({ ...place, clustering }, parts.keeper.listStamps, parts));
    // At once: there may be too many rows to be remembered until the batch's other lists are written. What else of the batch
    // hides one of them is followed by a list that is written above it.
    await deleteSlice(slice, table, parts, async (keys) => void (await allEnded(keys.map(rewrite))));
  }

  /** Writes the parts that go with their own write times; answers false when slices hide them all. */
  async #writeYoungParts({ young }: PlannedChange): Promise<boolean> {
    if (young === undefined) return true;
    const { keeper, writer, keyspace, clock, targetSkewMicros, signal } = this.#parts;
    const left = keeper.withoutCovered(young);
    if (left === undefined) return false;
    const nowMicros = clock.nowMicros();
    const nowSeconds = Number((nowMicros + targetSkewMicros) / 1_000_000n);
    const statements = withTtlsAt(statementsOfUpdate(left, { keyspace, nowSeconds }), nowMicros);
    await allEnded(statements.map((statement) => writer.write(statement, signal)));
    return true;
  }
}

interface SliceOfTable {
  readonly slice: JournalSlice;
  readonly table: Table;
}

function recopyKeyText({ table, partitionKey, scope }: RecopyKey): string {
  const clustering = scope.kind === 'row' ? hex(scope.clustering) : '';
  return `${table.id}/${hex(partitionKey)}/${scope.kind}/${clustering}`;
}

function sliceText({ tableId, partitionKey, timestampMicros, range }: JournalSlice): string {
  const bounds = range ? [range.start, range.end].map(({ values, isInclusive }) => `${isInclusive}${hex(values)}`) : [];
  return `${tableId}/${partitionKey.toString('hex')}/${timestampMicros}/${bounds.join('/')}`;
}

function listsText({ table, partitionKey, clustering, isStatic }: DirtyLists): string {
  return `${table.id}/${hex(partitionKey)}/${hex(clustering)}/${isStatic}`;
}

function hex(values: readonly Buffer[]): string {
  return values.map((value) => value.toString('hex')).join(',');
}
