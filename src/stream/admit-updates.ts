import type { ReceivedUpdate } from './apply-batch.ts';
import type { UnknownRecord } from './decode-messages.ts';
import { fitUpdate } from './fit-update.ts';
import type { ParkedChange } from './parked-codec.ts';
import type { RuleOf } from './table-rule.ts';

export interface AdmittedUpdates {
  /** In the shape in which their tables are moved. */
  readonly fitting: readonly ReceivedUpdate[];
  /** To be made durable before the messages they came in are acknowledged. */
  readonly parked: readonly ParkedChange[];
  /** Of tables that are not moved, or about nothing but columns that are left out. */
  readonly ignored: number;
}

/**
 * Sorts updates by what may be done with their tables now. The line between what is applied and what is parked need not
 * be exact, nor the same for two workers: a parked change comes to the target later, and a change may come late.
 */
export function admitUpdates(updates: readonly ReceivedUpdate[], ruleOf: RuleOf, nowMicros: bigint): AdmittedUpdates {
  const fitting: ReceivedUpdate[] = [];
  const parked: ParkedChange[] = [];
  for (const received of updates) {
    const { update, event } = received;
    const rule = ruleOf(update.table.id);
    if (rule.kind === 'left') continue;
    const fitted =
      rule.kind === 'applied' ? fitUpdate(update, rule.table, rule.leftOut) : { ...rule, kind: 'unfit' as const };
    if (fitted.kind === 'fits') fitting.push(fitted.update === update ? received : { update: fitted.update, event });
    else if (fitted.kind === 'unfit' && event)
      parked.push(changeToPark({ event, tableId: update.table.id, reason: fitted.reason }, nowMicros));
  }
  return { fitting, parked, ignored: updates.length - fitting.length - parked.length };
}

function changeToPark({ event, tableId, reason }: UnknownRecord, parkedAtMicros: bigint): ParkedChange {
  return { kind: 'change', tableId, reason, parkedAtMicros, isWhole: false, event };
}

export function recordToPark(unknown: UnknownRecord, parkedAtMicros: bigint): ParkedChange {
  return { ...changeToPark(unknown, parkedAtMicros), isWhole: true };
}
