import { CellStore } from './cell-store.ts';
import { captureChanges } from './changes-topic.ts';
import { compareSides, type Difference } from './compare.ts';
import { fewTies, generateHistory, type Operation } from './history.ts';
import { day, handOver, hour, largest, minute } from './instants.ts';
import type { Migration } from './migration.ts';
import { type Random, randomOf } from './random.ts';
import { repairDifferences } from './repair.ts';
import type { Rule } from './rule.ts';
import { Scheduler } from './scheduler.ts';
import { partitionKeys } from './simulated-table.ts';
import { runSink } from './sink-worker.ts';
import { copySplit } from './snapshot-worker.ts';
import { Source } from './source.ts';
import { RefusedWrite, Target } from './target.ts';

export interface Outcome {
  readonly seed: number;
  /** At drain, and when every TTL has passed without another write. */
  readonly differences: readonly Difference[];
  /** After validation repaired what differed at drain. */
  readonly leftAfterRepair: readonly Difference[];
  readonly refused: string | undefined;
  readonly writes: number;
  /** Writes within 3 h of the hand-over, or 44 to 48 h old when the sink got them. */
  readonly writesAtEdges: number;
}

/** One random migration from its first write to its validation. */
export function runMigration(seed: number, rule: Rule, tieProbability = fewTies): Outcome {
  const random = randomOf(seed);
  const sinkStart = startOfSink(random);
  const operations = generateHistory(random, sinkStart, tieProbability);
  const migration = openMigration(operations, random, rule);
  const refused = runWorkers(migration, sinkStart);
  const counts = countEdges(operations, migration);
  if (refused !== undefined) return { seed, differences: [], leftAfterRepair: [], refused, ...counts };
  return { seed, refused, ...counts, ...validate(migration, operations) };
}

/** At once, after the window minus the reserve, or anywhere up to three days late. */
function startOfSink(random: Random): bigint {
  const kind = random.next();
  if (kind < 0.25) return handOver + random.micros(minute, 3n * hour);
  if (kind < 0.75) return handOver + random.micros(42n * hour, 50n * hour);
  return handOver + random.micros(minute, 72n * hour);
}

function openMigration(operations: readonly Operation[], random: Random, rule: Rule): Migration {
  const mishaps = { random, crashProbability: 0.015, freezeProbability: 0.04, longestFreezeMicros: 210n * minute };
  return {
    rule,
    random,
    scheduler: new Scheduler(handOver, mishaps),
    source: new Source(operations),
    target: new Target(random.pick(['by value', 'by arrival']), rule.window),
    topic: captureChanges(operations, random),
    journal: [],
    snapshotDoneAt: new Map(),
    firstSeenAt: new Map(),
    acknowledged: 0,
    drainedAt: undefined,
  };
}

/** Undefined when the target took every write. */
function runWorkers(migration: Migration, sinkStart: bigint): string | undefined {
  const { random, scheduler } = migration;
  const spread = random.pick([10n * minute, 3n * hour, 50n * hour]);
  for (const key of partitionKeys) {
    scheduler.start(handOver + random.micros(0n, spread), (owner) => copySplit(migration, key, owner));
  }
  scheduler.start(sinkStart, (owner) => runSink(migration, owner));
  try {
    scheduler.run();
    return undefined;
  } catch (error) {
    if (error instanceof RefusedWrite) return error.message;
    throw error;
  }
}

function validate(migration: Migration, operations: readonly Operation[]) {
  const { target, rule, drainedAt } = migration;
  const source = convergedSource(operations);
  // An expired marker lives for one second on the target, so nobody looks before that.
  const now = largest(drainedAt!, ...operations.flatMap((each) => each.arrivals)) + minute;
  const compareAt = (micros: bigint) => compareSides(source, target, micros, operations);
  const atDrain = compareAt(now);
  const differences = atDrain.length > 0 ? atDrain : compareAt(now + 30n * day);
  if (differences.length === 0) return { differences, leftAfterRepair: [] };
  repairDifferences({ source, target }, atDrain, { nowMicros: now, isSecondLook: false, window: rule.window });
  const quiet = now + minute;
  repairDifferences({ source, target }, compareAt(quiet), {
    nowMicros: quiet,
    isSecondLook: true,
    window: rule.window,
  });
  return { differences, leftAfterRepair: compareAt(quiet + minute) };
}

function convergedSource(operations: readonly Operation[]): CellStore {
  const source = new CellStore('by value');
  for (const { update } of operations) source.apply(update);
  return source;
}

function countEdges(operations: readonly Operation[], { firstSeenAt }: Migration) {
  const recent = operations.map((each, index) => ({ ...each, index })).filter(({ at }) => at > handOver - 3n * day);
  const edges = recent.filter(({ at, index }) => {
    const isNearHandOver = at > handOver - 3n * hour && at < handOver + 3n * hour;
    const age = (firstSeenAt.get(index) ?? at) - at;
    return isNearHandOver || (age >= 44n * hour && age <= 48n * hour);
  });
  return { writes: recent.length, writesAtEdges: edges.length };
}
