import { allEnded } from '../apply/all-ended.ts';
import type { ApplierParts } from '../apply/applier-parts.ts';
import type { DeadLetters } from '../apply/dead-letters.ts';
import type { DirtyLists } from '../apply/rewrite-lists.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { slicesOf } from '../model/slice-journal.ts';
import type { StreamBooks } from '../model/stream-books.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';
import { balance, type Outcome } from './batch-books.ts';
import { BatchWork } from './batch-work.ts';
import type { KnownCopies } from './copies.ts';
import { letterOf } from './letters.ts';
import { partitionText } from './partition-text.ts';
import type { PartitionsUnderWay, PartitionUnderWay } from './partitions-under-way.ts';
import { type PlanContext, type PlannedChange, type PlannedUpdate, planUpdate } from './plan-update.ts';
import { isPoison, throwIfStale, withRefusal } from './refusals.ts';
import type { SliceKeeper } from './slice-keeper.ts';

/** One update and the record it came in. */
export interface ReceivedUpdate {
  readonly update: PartitionUpdate;
  /** Undefined for a row that is read again because a dead letter, or an event that names no more than its key, asks for it. */
  readonly event: RecordEvent | undefined;
  /** When the source wrote it, where the update itself does not say. */
  readonly writtenAtMicros?: bigint;
}

export interface BatchParts extends ApplierParts {
  readonly keeper: SliceKeeper;
  readonly underWay: PartitionsUnderWay;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  /** Parks the update if its table turns out to be paused; answers whether it did. */
  readonly parkIfPaused: (update: ReceivedUpdate) => Promise<boolean>;
  /** The target's clock minus ours: its clock is the one that lets TTLs end. */
  readonly targetSkewMicros: bigint;
}

export type BatchContext = Omit<PlanContext, 'firstDecision'> & { readonly copies: KnownCopies };

export interface AppliedBatch {
  readonly books: StreamBooks;
  /** From the write on the source to the target's confirmation, of what was applied or read again. */
  readonly latenciesMs: readonly number[];
}

/**
 * Brings a batch of updates to the target; ends once the target has confirmed all of it, or, failing, once nothing of it is
 * under way any more. The batch's slices are journaled first. Then, in each partition, rows are written without those that a
 * slice hides, then the slices delete what the target has. Lists come last, when nothing else of the batch can hide them.
 * Repeating a batch, whole or in part, ends in the same cells, since every write carries the timestamp that its change or
 * read gives it.
 *
 * Batches overlap, and within one the partitions: what one does to the rows of another is decided by those timestamps alone. But
 * a slice looks at what the target has, so it waits for all that was under way on its partition before it stood in the journal: an
 * older row then is either on the target, to be deleted, or finds the journal in its way (docs/decisions/0001-write-timestamps.md).
 *
 * Throws StaleBatchError when the target was away so long that the batch must be decided again.
 */
export async function applyBatch(
  received: readonly ReceivedUpdate[],
  context: BatchContext,
  parts: BatchParts,
): Promise<AppliedBatch> {
  const plans = planAll(received, context);
  const works = worksOf(plans, parts.underWay);
  try {
    // Begun and journaled in one step, with no other batch between the two.
    await parts.keeper.keep(
      works.flatMap(({ changes }) => changes.flatMap(({ plan }) => slicesOf(plan.update, plan.decideAt))),
    );
    const batchWork = new BatchWork(parts);
    const settled = plans.map(unsettled);
    await allEnded(works.map((work) => runWork(work, settled, { batchWork, context, parts })));
    const outcomes = await allEnded(
      settled.map(async ({ outcome, poison, refusal = poison }, index) =>
        refusal ? bury(received[index]!, refusal, parts) : outcome,
      ),
    );
    const books = balance(received.length, outcomes, 'a batch of changes');
    return { books, latenciesMs: latencies(received, plans, settled) };
  } finally {
    for (const { underWay } of works) underWay.end();
  }
}

/** The changes of one partition of a table, which go through the batch's steps together; other partitions do not wait for them. */
interface PartitionWork {
  readonly changes: readonly { readonly plan: PlannedChange; readonly index: number }[];
  readonly underWay: PartitionUnderWay;
}

function worksOf(plans: readonly PlannedUpdate[], underWay: PartitionsUnderWay): readonly PartitionWork[] {
  const works = new Map<string, { changes: { plan: PlannedChange; index: number }[]; underWay: PartitionUnderWay }>();
  plans.forEach((plan, index) => {
    if (!('update' in plan)) return;
    const partition = partitionText(plan.update.table.id, plan.update.partitionKey);
    const work = works.get(partition) ?? { changes: [], underWay: underWay.begin(partition) };
    works.set(partition, work);
    work.changes.push({ plan, index });
  });
  return [...works.values()];
}

function latencies(
  received: readonly ReceivedUpdate[],
  plans: readonly PlannedUpdate[],
  settled: readonly Settled[],
): readonly number[] {
  return plans.flatMap((plan, index) => {
    if (!('update' in plan)) return [];
    const writtenAtMicros = received[index]!.writtenAtMicros ?? plan.newestMicros;
    return [Number(settled[index]!.atMicros - writtenAtMicros) / 1000];
  });
}

/** A refusal may be the first word of a schema change that the stream has not seen yet: then the update waits for it. */
async function bury(update: ReceivedUpdate, poison: Error, parts: BatchParts): Promise<Outcome> {
  if (await parts.parkIfPaused(update)) return 'parked';
  await parts.deadLetters.add(letterOf(update, poison));
  return 'deadLettered';
}

function planAll(received: readonly ReceivedUpdate[], { copies, ...context }: BatchContext): readonly PlannedUpdate[] {
  const decisions = new Map<string, ChangeDecision>();
  const firstDecision = (digest: string) => decisions.get(digest) ?? copies.firstDecision(digest);
  return received.map(({ update }): PlannedUpdate => {
    try {
      const plan = planUpdate(update, { ...context, firstDecision });
      if ('digest' in plan && firstDecision(plan.digest) === undefined) {
        decisions.set(plan.digest, plan.what);
        copies.remember(plan.digest, plan.what);
      }
      return plan;
    } catch (error) {
      if (isPoison(error)) return { what: 'poison', error };
      throw error;
    }
  });
}

interface Settled {
  readonly outcome: Outcome;
  readonly poison?: Error;
  /** Of a part of it only: all else of the update is brought to the target before it is buried. */
  readonly refusal?: Error | undefined;
  readonly lists: readonly DirtyLists[];
  readonly atMicros: bigint;
}

interface WorkTools {
  readonly batchWork: BatchWork;
  readonly context: BatchContext;
  readonly parts: BatchParts;
}

async function runWork(
  { changes, underWay }: PartitionWork,
  settled: Settled[],
  { batchWork, context, parts }: WorkTools,
): Promise<void> {
  /** What the target will never take is one update's misfortune; any other fault is the batch's. */
  const settle = async (plan: PlannedChange, before: Settled, step: Step): Promise<Settled> => {
    if (before.poison) return before;
    const { result: after, refusal: poison } = await withRefusal(step(plan, before));
    const refusal = poison ?? after?.refusal;
    if (refusal) throwIfStale(plan, { ...context, nowMicros: parts.clock.nowMicros() }, refusal);
    if (poison) return { ...before, outcome: 'deadLettered', poison, lists: [] };
    return after ? { ...before, ...after, atMicros: parts.clock.nowMicros() } : before;
  };
  const all = (step: Step) =>
    allEnded(
      changes.map(async ({ plan, index }) => {
        settled[index] = await settle(plan, settled[index]!, step);
      }),
    );
  await all((plan) => batchWork.writeRows(plan, underWay));
  if (changes.some(({ plan }) => hasSlices(plan)))
    await all(async (plan, { refusal }) => {
      if (!hasSlices(plan)) return undefined;
      const slices = await withRefusal(batchWork.deleteSlices(plan, underWay));
      return { refusal: refusal ?? slices.refusal };
    });
  batchWork.foreseeLists(changes.flatMap(({ index }) => settled[index]!.lists));
  await all(async (_, { lists }) => {
    if (lists.length === 0) return undefined;
    await batchWork.rewriteLists(lists);
    return {};
  });
}

/** What it changes of an update's settlement; undefined where there was nothing to do. */
type Step = (plan: PlannedChange, before: Settled) => Promise<Partial<Settled> | undefined>;

function hasSlices({ update }: PlannedChange): boolean {
  return update.partitionDeletion !== undefined || update.rangeDeletions.length > 0;
}

function unsettled(plan: PlannedUpdate): Settled {
  const nothing = { lists: [], atMicros: 0n };
  if (plan.what === 'poison') return { ...nothing, outcome: 'deadLettered', poison: plan.error };
  return { ...nothing, outcome: 'update' in plan ? 'ignored' : plan.what };
}
