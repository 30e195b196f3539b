import { OperatorError } from '../errors.ts';
import { instantText } from '../model/instant-text.ts';
import type { Table } from '../model/table.ts';
import type { TargetIds } from '../state/ledger-event.ts';
import { type OpenComparison, splitsOf } from '../state/open-comparison.ts';
import type { TableToCompare } from '../validation/compare-table.ts';
import type { WorkerContext } from './phase-context.ts';

/** Whether one goes on with what was interrupted: it must be there, or only if it began within a day. */
export type Resumption = 'asked' | 'recent';

interface Comparison {
  readonly tables: readonly Table[];
  /** See Sides. */
  readonly otherPartitioner?: string | undefined;
  readonly targetIds: TargetIds;
}

const recentMicros = 24n * 3_600_000_000n;

/** The comparison that this one goes on with, if it does; says so. */
export function interruptedComparison(
  { ledger, clock, report }: Pick<WorkerContext, 'ledger' | 'clock' | 'report'>,
  { tables, otherPartitioner, targetIds }: Comparison,
  resume: Resumption | undefined,
): OpenComparison | undefined {
  if (resume === undefined) return undefined;
  const open = ledger.state.comparison;
  const hindered =
    hinderedBy(open, tables) ?? hinderedByPartitioner(open, otherPartitioner) ?? hinderedByTarget(open, targetIds);
  if (resume === 'asked' && hindered !== undefined) throw notResumable(hindered);
  const isRecent = open !== undefined && clock.nowMicros() - open.begun.startedAtMicros < recentMicros;
  if (!open || hindered !== undefined || (resume === 'recent' && (!isRecent || open.splits.size === 0)))
    return undefined;
  report({
    kind: 'warning',
    text: `going on with the comparison that began at ${instantText(open.begun.startedAtMicros)}: ${open.splits.size} of its ${splitsOf(open.begun)} splits are compared`,
  });
  return open;
}

/** The tables cut as the interrupted comparison cut them. */
export function cutAsBefore({ begun }: OpenComparison, tables: readonly Table[]): readonly TableToCompare[] {
  const splits = new Map(begun.tables.map((each) => [each.table, each.splits]));
  return tables.map((table) => ({ table, splits: splits.get(table.name)! }));
}

/** Rows that were compared in another shape prove nothing. */
export function shapeOf({ id, partitionKey, clustering, columns }: Table): string {
  const all = [...partitionKey, ...clustering, ...columns.values()];
  return [id, ...all.map(({ name, kind, type }) => `${name} ${kind} ${JSON.stringify(type)}`)].join(', ');
}

/** Why an interrupted comparison does not go on as one of these tables; undefined: it does. */
function hinderedBy(open: OpenComparison | undefined, tables: readonly Table[]): string | undefined {
  if (!open) return 'none in the ledger, or one that differences or a schema decision have ended';
  const shapes = (all: readonly { readonly table: string; readonly shape: string }[]) =>
    all
      .map(({ table, shape }) => `${table} ${shape}`)
      .sort()
      .join('\n');
  const now = tables.map((table) => ({ table: table.name, shape: shapeOf(table) }));
  return shapes(open.begun.tables) === shapes(now)
    ? undefined
    : `one of ${open.begun.tables.map(({ table }) => table).join(', ')}, which are others or have changed`;
}

/** By look-ups a split says nothing about partitions that only the target has: one way does not go on where the other ended. */
function hinderedByPartitioner(
  open: OpenComparison | undefined,
  otherPartitioner: string | undefined,
): string | undefined {
  if (!open || open.begun.otherPartitioner === otherPartitioner) return undefined;
  return "one that began when the target's partitioner was another";
}

/** What was seen equal was so in tables that are not there any more. */
function hinderedByTarget(open: OpenComparison | undefined, targetIds: TargetIds): string | undefined {
  const others = open?.begun.tables.filter(({ table }) => open.begun.targetIds?.[table] !== targetIds[table]) ?? [];
  if (others.length === 0) return undefined;
  return `one with other tables of the target: ${others.map(({ table }) => table).join(', ')} was made anew, or is of another target`;
}

function notResumable(found: string): OperatorError {
  return new OperatorError({
    expected: 'an interrupted comparison of the same tables, as they were',
    found,
    next: 'repeat the command without --resume: it compares everything from the beginning',
  });
}
