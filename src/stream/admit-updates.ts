import type { PartitionUpdate } from '../model/mutation.ts';
import { writeTimesOf } from '../model/update-times.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import type { UnknownRecord } from './decode-messages.ts';
import { type FittedUpdate, fitUpdate } from './fit-update.ts';
import type { ParkedChange, ParkedEntry } from './parked-codec.ts';
import type { RuleOf, TableRule } from './table-rule.ts';

export interface AdmittedUpdates {
  /** In the shape in which their tables are moved. */
  readonly fitting: readonly ReceivedUpdate[];
  /** To be made durable before the messages they came in are acknowledged. */
  readonly parked: readonly ParkedEntry[];
  /** Updates that `parked` stands for. */
  readonly parkedUpdates: number;
  /** Of tables that are not moved, or about nothing but columns that are left out. */
  readonly ignored: number;
}

/**
 * Sorts updates by what may be done with their tables now. The line between what is applied and what is parked need not
 * be exact, nor the same for two workers: a parked change comes to the target later, and a change may come late.
 */
export function admitUpdates(updates: readonly ReceivedUpdate[], ruleOf: RuleOf, nowMicros: bigint): AdmittedUpdates {
  const fitting: ReceivedUpdate[] = [];
  const parked: ParkedEntry[] = [];
  let parkedUpdates = 0;
  let ignored = 0;
  for (const received of updates) {
    const { update } = received;
    const rule = ruleOf(update.table.id);
    const fitted = fittedTo(rule, update);
    if (fitted.kind === 'fits') fitting.push(fitted.update === update ? received : inShape(received, fitted.update));
    else if (fitted.kind === 'unfit') {
      parked.push(...entriesToPark(received, fitted.reason, nowMicros));
      parkedUpdates++;
    } else ignored++;
  }
  return { fitting, parked, parkedUpdates, ignored };
}

/** Its own parts may no longer say when it was written. */
function inShape(received: ReceivedUpdate, update: PartitionUpdate): ReceivedUpdate {
  const writtenAtMicros = received.writtenAtMicros ?? writeTimesOf(received.update)?.newestMicros;
  return { ...received, update, ...(writtenAtMicros !== undefined && { writtenAtMicros }) };
}

function fittedTo(rule: TableRule, update: PartitionUpdate): FittedUpdate {
  switch (rule.kind) {
    case 'applied':
      return fitUpdate(update, rule.table, rule.leftOut);
    case 'paused':
      return { kind: 'unfit', reason: rule.reason };
    case 'left':
      return { kind: 'empty' };
  }
}

/** What names no more than a key waits as the rows that are to be read again. */
function entriesToPark({ update, event }: ReceivedUpdate, reason: string, nowMicros: bigint): readonly ParkedEntry[] {
  const tableId = update.table.id;
  if (event) return [changeToPark({ event, tableId, reason }, nowMicros)];
  const row = (clustering: readonly Buffer[] | undefined): ParkedEntry => ({
    kind: 'row',
    tableId,
    reason,
    parkedAtMicros: nowMicros,
    partitionKey: update.partitionKey,
    clustering,
  });
  return update.partitionDeletion ? [row(undefined)] : update.rows.map(({ clustering }) => row(clustering));
}

function changeToPark({ event, tableId, reason }: UnknownRecord, parkedAtMicros: bigint): ParkedChange {
  return { kind: 'change', tableId, reason, parkedAtMicros, isWhole: false, event };
}

export function recordToPark(unknown: UnknownRecord, parkedAtMicros: bigint): ParkedChange {
  return { ...changeToPark(unknown, parkedAtMicros), isWhole: true };
}
