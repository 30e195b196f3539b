import type { ApplierParts } from '../apply/applier-parts.ts';
import type { DeadLetters } from '../apply/dead-letters.ts';
import type { DirtyLists, ListStamps } from '../apply/rewrite-lists.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { PartitionUpdate } from '../model/mutation.ts';
import { slicesOf } from '../model/slice-journal.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';
import { balance, type Outcome, type StreamBooks } from './batch-books.ts';
import { BatchWork } from './batch-work.ts';
import { letterOf } from './letters.ts';
import { type PlanContext, type PlannedChange, type PlannedUpdate, planUpdate } from './plan-update.ts';
import { isPoison, throwIfStale } from './refusals.ts';
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
  readonly listStamps: ListStamps;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  /** Parks the update if its table turns out to be paused; answers whether it did. */
  readonly parkIfPaused: (update: ReceivedUpdate) => Promise<boolean>;
  /** The target's clock minus ours: its clock is the one that lets TTLs end. */
  readonly targetSkewMicros: bigint;
}

export type BatchContext = Omit<PlanContext, 'firstDecision'> & { readonly remembered: PlanContext['firstDecision'] };

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
 * target has: an older row of any earlier or later batch finds either the journal or the delete in its way. Lists come
 * last, when nothing else of the batch can hide them. Repeating a batch, whole or in part, ends in the same cells, since
 * every write carries the timestamp that its change or read gives it.
 *
 * Throws StaleBatchError when the target was away so long that the batch must be decided again.
 */
export async function applyBatch(
  received: readonly ReceivedUpdate[],
  context: BatchContext,
  parts: BatchParts,
): Promise<AppliedBatch> {
  const { plans, decisions } = planAll(received, context);
  const changes = plans.flatMap((plan) => ('update' in plan ? [plan] : []));
  const writeTimesMicros = plans.flatMap((plan, index) =>
    'update' in plan ? [received[index]!.writtenAtMicros ?? plan.newestMicros] : [],
  );
  await parts.keeper.keep(changes.flatMap((plan) => slicesOf(plan.update, plan.decideAt)));
  const outcomes = await runWork(plans, new BatchWork(parts), context, parts);
  const settled = await Promise.all(
    outcomes.map(({ outcome, poison }, index) => (poison ? bury(received[index]!, poison, parts) : outcome)),
  );
  const books = balance(received.length, settled, 'a batch of changes');
  return { books, decisions, writeTimesMicros };
}

/** A refusal may be the first word of a schema change that the stream has not seen yet: then the update waits for it. */
async function bury(update: ReceivedUpdate, poison: Error, parts: BatchParts): Promise<Outcome> {
  if (await parts.parkIfPaused(update)) return 'parked';
  await parts.deadLetters.add(letterOf(update, poison));
  return 'deadLettered';
}

function planAll(received: readonly ReceivedUpdate[], { remembered, ...context }: BatchContext) {
  const decisions = new Map<string, ChangeDecision>();
  const firstDecision = (digest: string) => decisions.get(digest) ?? remembered(digest);
  const plans = received.map(({ update }): PlannedUpdate => {
    try {
      const plan = planUpdate(update, { ...context, firstDecision });
      if ('digest' in plan && firstDecision(plan.digest) === undefined) decisions.set(plan.digest, plan.what);
      return plan;
    } catch (error) {
      if (isPoison(error)) return { what: 'poison', error };
      throw error;
    }
  });
  return { plans, decisions };
}

interface Settled {
  readonly outcome: Outcome;
  readonly poison?: Error;
  readonly lists: readonly DirtyLists[];
}

async function runWork(
  plans: readonly PlannedUpdate[],
  work: BatchWork,
  context: BatchContext,
  parts: BatchParts,
): Promise<readonly Settled[]> {
  /** What the target will never take is one update's misfortune; any other fault is the batch's. */
  const settle = async (plan: PlannedChange, before: Settled, step: () => Promise<Settled>): Promise<Settled> => {
    try {
      return before.poison ? before : await step();
    } catch (error) {
      if (!isPoison(error)) throw error;
      throwIfStale(plan, { ...context, nowMicros: parts.clock.nowMicros() }, error);
      return { outcome: 'deadLettered', poison: error, lists: [] };
    }
  };
  const all = (before: readonly Settled[], step: (plan: PlannedChange, before: Settled) => Promise<Settled>) =>
    Promise.all(
      plans.map((plan, index) => {
        const settled = before[index]!;
        return 'update' in plan ? settle(plan, settled, () => step(plan, settled)) : settled;
      }),
    );
  const rows = await all(plans.map(unsettled), async (plan) => {
    const { outcome, lists } = await work.writeRows(plan);
    return { outcome, lists };
  });
  const slices = await all(rows, async (plan, before) => {
    const lists = await work.deleteSlices(plan);
    return { ...before, lists: [...before.lists, ...lists] };
  });
  work.foreseeLists(slices.flatMap(({ lists }) => lists));
  return all(slices, async (_, before) => {
    await work.rewriteLists(before.lists);
    return before;
  });
}

function unsettled(plan: PlannedUpdate): Settled {
  if (plan.what === 'poison') return { outcome: 'deadLettered', poison: plan.error, lists: [] };
  return { outcome: 'update' in plan ? 'ignored' : plan.what, lists: [] };
}
