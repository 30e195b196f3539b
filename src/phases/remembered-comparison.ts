import { randomUUID } from 'node:crypto';
import type { ComparedSplit } from '../model/compared-split.ts';
import type { ComparedSplitRecord, ComparisonRecord, TargetIds } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { type OpenComparison, splitKey, splitsOf } from '../state/open-comparison.ts';
import type { ComparisonMemory, TableToCompare } from '../validation/compare-table.ts';
import { shapeOf } from './interrupted-comparison.ts';
import type { WorkerContext } from './phase-context.ts';

export interface RememberedComparison extends ComparisonMemory {
  readonly begun: ComparisonRecord;
}

/** At most so much of a long comparison is lost, and the ledger gets an event for it no oftener. */
const bookEveryMicros = 5_000_000n;
/** The same of a short one: so many events of it at most, and a few more. */
const bookings = 8;
/** An event is one message, and the ledger is in every process's memory: a split with more that differs is compared again. */
const mostKeysOfSplit = 200;
const mostKeyBytesOfSplit = 64 * 1024;
const mostKeys = 5_000;
const splitsAnEvent = 16;

interface Beginning {
  readonly tables: readonly TableToCompare[];
  /** See Sides. */
  readonly otherPartitioner?: string | undefined;
  readonly targetIds: TargetIds;
  readonly state: MigrationState;
  readonly streamTimeMicros: bigint | undefined;
}

/** What holds for a comparison that begins now; the ledger's state and stream time as they are before it reads a row. */
export function beginComparison(
  { clock }: Pick<WorkerContext, 'clock'>,
  { tables, otherPartitioner, targetIds, state, streamTimeMicros }: Beginning,
): ComparisonRecord {
  return {
    id: randomUUID(),
    startedAtMicros: clock.nowMicros(),
    ...(streamTimeMicros !== undefined && { streamTimeMicros }),
    disproofKnownMicros: state.disprovedAtMicros,
    openSlices: [...state.openSlices.keys()],
    ...(otherPartitioner !== undefined && { otherPartitioner }),
    targetIds,
    tables: tables.map(({ table, splits }) => ({
      table: table.name,
      shape: shapeOf(table),
      splits: typeof splits === 'number' ? splits : splits.length,
    })),
  };
}

/**
 * Books what is compared while it is compared. One that is interrupted and goes on is as one that took longer: each split's
 * rows were read after the beginning that is told of it, what differed is looked at again at its end, and what may have changed
 * since a split was read is what may have changed since the beginning: the changes topic, or a slice, names it.
 */
export function rememberComparison(
  { ledger, clock }: Pick<WorkerContext, 'ledger' | 'clock'>,
  begun: ComparisonRecord,
  before: OpenComparison['splits'] = new Map(),
): RememberedComparison {
  const bookAt = Math.ceil(splitsOf(begun) / bookings);
  let keys = keysOf([...before.values()]);
  let waiting: ComparedSplitRecord[] = [];
  let bookedAtMicros = begun.startedAtMicros;
  return {
    begun,
    known: (table, split) => before.get(splitKey(table, split)),
    keep(table, split, found) {
      if (!isSmall(found) || keys + found.differing.length > mostKeys) return;
      keys += found.differing.length;
      waiting.push({ table, split, found });
      const isDue = waiting.length >= bookAt || clock.nowMicros() - bookedAtMicros >= bookEveryMicros;
      if (isDue) book();
    },
  };

  function book(): void {
    for (let at = 0; at < waiting.length; at += splitsAnEvent) {
      const splits = waiting.slice(at, at + splitsAnEvent);
      // What cannot be booked would be compared again, no more; that Pulsar is away the comparison's result will say.
      ledger.append({ kind: 'splits-compared', comparison: begun.id, splits }).catch(() => {});
    }
    waiting = [];
    bookedAtMicros = clock.nowMicros();
  }
}

function isSmall({ differing, notKept }: ComparedSplit): boolean {
  const bytes = differing.flatMap(({ key }) => [...key.partitionKey, ...key.clustering]);
  return (
    notKept === 0 &&
    differing.length <= mostKeysOfSplit &&
    bytes.reduce((sum, { length }) => sum + length, 0) <= mostKeyBytesOfSplit
  );
}

function keysOf(splits: readonly ComparedSplit[]): number {
  return splits.reduce((sum, { differing }) => sum + differing.length, 0);
}
