import type { ApplierParts } from '../apply/applier-parts.ts';
import type { DeadLetters } from '../apply/dead-letters.ts';
import { deleteSlice } from '../apply/delete-slice.ts';
import { type RecopyKey, recopy } from '../apply/recopy.ts';
import { type DirtyLists, type ListStamps, listColumns, rewriteLists } from '../apply/rewrite-lists.ts';
import { statementsOfUpdate } from '../apply/statements-of-update.ts';
import { RefusedWriteError } from '../apply/target-writer.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import { slicesOf } from '../model/slice-journal.ts';
import { keepUpdateParts } from '../model/update-parts.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';
import { balance, type Outcome, type StreamBooks } from './batch-books.ts';
import { Once } from './once.ts';
import { type PlanContext, type PlannedChange, type PlannedUpdate, planUpdate } from './plan-update.ts';
import type { SliceKeeper } from './slice-keeper.ts';
import { dirtyListsOf, keysToRecopy } from './work-of-update.ts';

/** One update and the record it came in. */
export interface ReceivedUpdate {
  readonly update: PartitionUpdate;
  /** `node/segment/position`. */
  readonly origin: string;
  readonly record: Buffer;
}

export interface BatchParts extends ApplierParts {
  readonly keeper: SliceKeeper;
  readonly listStamps: ListStamps;
  readonly deadLetters: DeadLetters;
  /** The target's clock minus ours: its clock is the one that lets TTLs end. */
  readonly targetSkewMicros: bigint;
}

export interface AppliedBatch {
  readonly books: StreamBooks;
  /** First decisions by digest; to be remembered once the batch is acknowledged. */
  readonly decisions: ReadonlyMap<string, ChangeDecision>;
  /** Newest write times of the updates that were applied or recopied. */
  readonly writeTimesMicros: readonly bigint[];
}

/**
 * Brings a batch of updates to the target and resolves once the target has confirmed all of it. Within the batch the
 * slices are journaled first, then rows are written without those that a slice hides, then the slices delete what the
 * target has: an older row of any earlier or later batch finds either the journal or the delete in its way. Repeating a
 * batch, whole or in part, ends in the same cells, since every write carries the timestamp that its change or read gives it.
 */
export async function applyBatch(
  received: readonly ReceivedUpdate[],
  context: Omit<PlanContext, 'firstDecision'> & { readonly remembered: PlanContext['firstDecision'] },
  parts: BatchParts,
): Promise<AppliedBatch> {
  const decisions = new Map<string, ChangeDecision>();
  const planned = received.map(({ update }) => {
    const firstDecision = (digest: string) => decisions.get(digest) ?? context.remembered(digest);
    const plan = planUpdate(update, { ...context, firstDecision });
    if ('digest' in plan && firstDecision(plan.digest) === undefined) decisions.set(plan.digest, plan.what);
    return plan;
  });
  await parts.keeper.keep(planned.flatMap((plan) => ('update' in plan ? slicesOf(plan.update, plan.decideAt) : [])));
  const recopies = new Once<RecopyKey>(recopyKeyText, (key) =>
    recopy(key, { ...parts, isHidden: parts.keeper.isHidden }),
  );
  const lists = new Once<DirtyLists>(listsText, (dirty) => rewriteLists(dirty, parts.listStamps, parts));
  const rowsWritten = await Promise.all(planned.map((plan) => settle(() => writeRows(plan, recopies, parts))));
  const outcomes = await Promise.all(
    planned.map((plan, index) => {
      const first = rowsWritten[index]!;
      if (first.refused || !('update' in plan)) return first;
      return settle(async () => {
        await deleteSlices(plan, lists, parts);
        await Promise.all(dirtyListsOf(plan.update, plan.newestMicros).map((dirty) => lists.run(dirty)));
        return first.outcome;
      });
    }),
  );
  await Promise.all(outcomes.map(({ refused }, index) => refused && buryUpdate(received[index]!, refused, parts)));
  const books = balance(
    received.length,
    outcomes.map(({ refused, outcome }) => (refused ? 'deadLettered' : outcome)),
    'a batch of changes',
  );
  return {
    books,
    decisions,
    writeTimesMicros: planned.flatMap((plan) => ('newestMicros' in plan ? [plan.newestMicros] : [])),
  };
}

interface Settled {
  readonly outcome: Outcome;
  readonly refused?: RefusedWriteError;
}

/** What the target will never take is one update's misfortune; any other fault is the batch's. */
async function settle(work: () => Promise<Outcome>): Promise<Settled> {
  try {
    return { outcome: await work() };
  } catch (error) {
    if (error instanceof RefusedWriteError) return { outcome: 'deadLettered', refused: error };
    throw error;
  }
}

async function writeRows(plan: PlannedUpdate, recopies: Once<RecopyKey>, parts: BatchParts): Promise<Outcome> {
  if (!('update' in plan)) return plan.what;
  const isSuperseded = !(await writeYoungParts(plan, parts));
  const keys = keysToRecopy(plan);
  await Promise.all(keys.map((key) => recopies.run(key)));
  if (plan.what === 'recopy') return 'recopied';
  return isSuperseded ? 'superseded' : 'applied';
}

/** Writes the parts that go with their own write times; answers false when slices hide them all. */
async function writeYoungParts({ update, decideAt }: PlannedChange, parts: BatchParts): Promise<boolean> {
  const young = keepUpdateParts(update, (timestampMicros) => decideAt(timestampMicros) === 'apply');
  if (young === undefined) return true;
  const left = parts.keeper.withoutCovered(young);
  if (left === undefined) return false;
  await writeApplied(left, parts);
  return true;
}

async function writeApplied(
  update: PartitionUpdate,
  { writer, keyspace, clock, targetSkewMicros, signal }: BatchParts,
): Promise<void> {
  const nowSeconds = Number((clock.nowMicros() + targetSkewMicros) / 1_000_000n);
  const statements = statementsOfUpdate(update, { keyspace, nowSeconds });
  await Promise.all(statements.map((statement) => writer.write(statement, signal)));
}

async function deleteSlices(plan: PlannedChange, lists: Once<DirtyLists>, parts: BatchParts): Promise<void> {
  const { table } = plan.update;
  const partitionKey = splitPartitionKey(plan.update.partitionKey, table.partitionKey.length);
  const hasLists = listColumns(table, false).length > 0;
  for (const slice of slicesOf(plan.update, plan.decideAt).filter(({ decision }) => decision === 'apply')) {
    const deleted = await deleteSlice(slice, table, parts);
    if (!hasLists) continue;
    const dirty = deleted.map((clustering) => ({
      table,
      partitionKey,
      clustering,
      isStatic: false,
      eventMicros: plan.newestMicros,
    }));
    await Promise.all(dirty.map((each) => lists.run(each)));
  }
}

async function buryUpdate(
  { update, origin, record }: ReceivedUpdate,
  refused: RefusedWriteError,
  { deadLetters }: BatchParts,
): Promise<void> {
  await deadLetters.add({
    table: update.table.name,
    partitionKey: update.partitionKey.toString('hex'),
    clustering: update.rows.length === 1 ? update.rows[0]!.clustering.map((value) => value.toString('hex')) : [],
    reason: refused.message,
    errorClass: refused.name,
    attempts: 1,
    origin,
    record,
  });
}

function recopyKeyText({ table, partitionKey, scope }: RecopyKey): string {
  const clustering = scope.kind === 'row' ? scope.clustering.map(hex).join(',') : '';
  return `${table.id}/${partitionKey.map(hex).join(',')}/${scope.kind}/${clustering}`;
}

function listsText({ table, partitionKey, clustering, isStatic, eventMicros }: DirtyLists): string {
  return `${table.id}/${partitionKey.map(hex).join(',')}/${clustering.map(hex).join(',')}/${isStatic}/${eventMicros}`;
}

function hex(value: Buffer): string {
  return value.toString('hex');
}
