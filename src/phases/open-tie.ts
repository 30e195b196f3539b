import type { Tie } from '../stream/tie-finder.ts';
import type { WorkerContext } from './phase-context.ts';

/**
 * Records that a table has a cell which the target may have decided otherwise. One open slice a table says it all; once that is
 * settled, the next tie opens another.
 */
export async function openTie(
  { table, column, timestampMicros }: Tie,
  { ledger, clock, report }: Pick<WorkerContext, 'ledger' | 'clock' | 'report'>,
): Promise<void> {
  const isOpen = [...ledger.state.openSlices.values()].some((slice) => slice.table === table && isOfTie(slice.id));
  if (isOpen) return;
  const reason = `two writes of ${column} with the same timestamp and different values`;
  report({ kind: 'warning', text: `table ${table}: ${reason}; its comparison decides` });
  const id = `${table}/${mark}${timestampMicros}`;
  await ledger.append({ kind: 'slice-opened', slice: { id, table, reason, openedAtMicros: clock.nowMicros() } });
  await ledger.refresh();
}

const mark = 'tie at ';

function isOfTie(id: string): boolean {
  return id.includes(`/${mark}`);
}
