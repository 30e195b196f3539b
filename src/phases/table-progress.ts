import type { TableProgress } from '../model/migration-status.ts';
import { estimateSecondsLeft } from '../snapshot/estimate-time-left.ts';
import { hasLeft, type MigrationState } from '../state/migration-state.ts';

type Known = Pick<MigrationState, 'splits' | 'copied' | 'schemaDecisions'>;

/** How far the copying of each table is, by its splits; the books of a split come when it is copied. */
export function tableProgress(state: Known): readonly TableProgress[] {
  const byTable = Map.groupBy(state.splits.values(), ({ table }) => table);
  return [...byTable]
    .map(([table, splits]) => {
      const copied = splits.flatMap(({ id }) => state.copied.get(id) ?? []);
      const rows = copied.reduce((sum, { readRows }) => sum + readRows, 0n);
      const counts = { planned: splits.length, copied: copied.length };
      return { table, state: hasLeft(state, table) ? ('left' as const) : stateOf(counts), splits: counts, rows };
    })
    .sort((one, other) => (one.table < other.table ? -1 : 1));
}

/** Of what is still to be copied: nobody copies what has left. */
export function secondsLeft(state: Known, nowMicros: bigint): number | undefined {
  const splits = [...state.splits.values()].filter(({ table }) => !hasLeft(state, table));
  return estimateSecondsLeft({ splits, copied: state.copied, nowMicros });
}

function stateOf({ planned, copied }: TableProgress['splits']): 'not begun' | 'copying' | 'copied' {
  if (copied === 0) return 'not begun';
  return copied === planned ? 'copied' : 'copying';
}
