import { OperatorError } from '../errors.ts';
import { instantText } from '../model/instant-text.ts';
import type { Table } from '../model/table.ts';
import { maxToken, minToken, splitRange, type TokenRange, unwrapRange } from '../model/token.ts';
import { type SplitSizing, splitCountFor } from '../snapshot/plan-splits.ts';
import { unseenText, withoutAgent } from '../state/compare-ring.ts';
import type { TargetIds } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import type { TableToCompare } from '../validation/compare-table.ts';
import type { WorkerContext } from './phase-context.ts';
import { type ChangedRanges, readChangedRanges } from './read-changed-ranges.ts';

/** Which part of the ring is compared. */
export type ComparisonScope =
  | { readonly kind: 'everything' }
  /** What the changes topic names since the last clean validation, and every table with an open slice. */
  | { readonly kind: 'changed' }
  /** Tokens above the first up to the second, over the ring's end where that is smaller. */
  | { readonly kind: 'range'; readonly first: bigint; readonly second: bigint }
  /** Stretches from all over the ring, others each time. */
  | { readonly kind: 'sample'; readonly percent: number };

export interface ScopedTables {
  readonly tables: readonly TableToCompare[];
  /** Names of those of which every row is compared. */
  readonly whole: ReadonlySet<string>;
  /** What the comparison covers, for people; undefined for everything. */
  readonly text?: string;
  /** Of 'changed': since when. */
  readonly sinceMicros?: bigint;
}

/** What an interruption costs at most, and so larger than a split of the copy: nothing has to be written. */
const wholeSizing: SplitSizing = {
  bytesPerSplit: 256 * 1024 * 1024,
  partitionsPerSplit: 1_000_000,
  fewest: 16,
  most: 1024,
};
const sampleStretches = 1_000;

/** Decides what to read of each table. Asks the ledger's state as it was read last. */
export async function scopeTables(
  context: WorkerContext,
  tables: readonly Table[],
  scope: ComparisonScope,
  targetIds: TargetIds,
): Promise<ScopedTables> {
  switch (scope.kind) {
    case 'everything':
      return { tables: await wholeTables(tables, context), whole: new Set(tables.map(({ name }) => name)) };
    case 'changed':
      throwOnUnseenChanges(context.ledger.state);
      return changedSince(provenOf(context.ledger.state), context, { tables, targetIds });
    case 'range': {
      const { first, second } = scope;
      const ranges = unwrapRange(first, second).flatMap((range) => splitRange(range, wholeSizing.fewest));
      return { ...only(tables, ranges), text: `tokens above ${first} up to ${second}` };
    }
    case 'sample': {
      const ranges = sampleOfRing(scope.percent);
      const share = (100 * ranges.length) / sampleStretches;
      return { ...only(tables, ranges), text: `a sample of ${share} % of the ring` };
    }
  }
}

/** What the DataStax agent passed over is named by nothing. */
function throwOnUnseenChanges({ handOver }: MigrationState): void {
  if (!handOver?.datastax) return;
  throw new OperatorError({
    expected: 'a comparison of everything, of a range or of a sample with the DataStax feed',
    found: 'one of what changed, and this feed does not tell of all that does',
    next: 'leave --since last or --validation changed away',
  });
}

function wholeTables(tables: readonly Table[], { source, signal }: WorkerContext): Promise<readonly TableToCompare[]> {
  return Promise.all(
    tables.map(async (table) => ({
      table,
      splits: splitCountFor(await source.sizeEstimate(table, signal), wholeSizing),
    })),
  );
}

function only(tables: readonly Table[], ranges: readonly TokenRange[]): ScopedTables {
  return { tables: tables.map((table) => ({ table, splits: ranges })), whole: new Set() };
}

type Proven = NonNullable<MigrationState['proven']>;

function provenOf({ proven }: MigrationState): Proven {
  if (proven) return proven;
  throw new OperatorError({
    expected: 'a validation of everything, equal, since the sink has been running',
    found: 'none in the ledger',
    next: 'run `cdcmig validate` once; after it only what changed need be compared',
  });
}

/**
 * A row that the last clean validation saw equal can have changed since on the source by a captured write, which the
 * changes topic names, or unseen by the agents, for which its table has a slice. On the target only what the topic
 * named is written. So both sides are equal again once these, and nothing else, have been compared.
 */
async function changedSince(
  proven: Proven,
  context: WorkerContext,
  { tables, targetIds }: { readonly tables: readonly Table[]; readonly targetIds: TargetIds },
): Promise<ScopedTables> {
  const changed = await readChangedRanges(context, proven.fromMicros);
  const { openSlices } = context.ledger.state;
  const inDoubt = new Set([...openSlices.values()].map(({ table }) => table));
  const unseen = withoutAgent(context.ledger.state, await context.source.nodes(context.signal));
  // What such a host takes alone is in no change, and its slices are settled once only.
  const names = tables.map(({ name }) => name);
  // What was seen equal was so in another table, which the changes since then went to.
  const isAnother = (name: string) => proven.targetIds?.[name] !== targetIds[name];
  const doubtful = names.filter((name) => unseen.length > 0 || inDoubt.has(name) || isAnother(name));
  // No change names a counter: the cutover has just copied them all.
  const counters = tables.filter(({ isCounter }) => isCounter).map(({ name }) => name);
  const whole = new Set([...doubtful, ...counters]);
  const cut = await wholeTables(
    tables.filter(({ name }) => whole.has(name)),
    context,
  );
  const scoped = tables.map((table) => cut.find((each) => each.table === table) ?? changedPartOf(table, changed));
  const since = instantText(proven.fromMicros);
  const why = [
    ...(unseen.length > 0 ? [unseenText(context.ledger.state, unseen)] : []),
    ...(names.some((name) => inDoubt.has(name)) ? ['of slices in doubt'] : []),
    ...(names.some(isAnother) ? ['the target’s table is another than the one that was seen equal'] : []),
  ];
  const all = doubtful.length === 0 ? '' : `; all of ${doubtful.join(', ')}, because ${why.join(', ')}`;
  const counted = counters.length === 0 ? '' : `; all counters of ${counters.join(', ')}`;
  const text = `rows that ${changed.changes} changes since ${since} name${all}${counted}`;
  return { tables: scoped, whole, text, sinceMicros: proven.fromMicros };
}

function changedPartOf(table: Table, { rangesOf, keysOf }: ChangedRanges): TableToCompare {
  const keys = keysOf(table.id);
  return { table, splits: rangesOf(table.id), ...(keys && { keys }) };
}

// One stretch at random out of each equal part of the ring.
function sampleOfRing(percent: number): readonly TokenRange[] {
  const wanted = Math.max(1, Math.round((percent / 100) * sampleStretches));
  const stretches = splitRange({ start: minToken, end: maxToken }, sampleStretches);
  return Array.from({ length: wanted }, (_, part) => {
    const first = Math.floor((part * sampleStretches) / wanted);
    const end = Math.floor(((part + 1) * sampleStretches) / wanted);
    return stretches[first + Math.floor(Math.random() * (end - first))]!;
  });
}
