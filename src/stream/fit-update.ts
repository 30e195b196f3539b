import type { PartitionUpdate, RowChange } from '../model/mutation.ts';
import type { Column, Table } from '../model/table.ts';
import { isSameColumn } from '../model/table-difference.ts';
import { isEmptyUpdate } from '../model/update-parts.ts';
import { deletionLongAgo } from './update-to-recopy.ts';

/** An update in the shape in which its table is moved, or why it cannot be brought into it. */
export type FittedUpdate =
  | { readonly kind: 'fits'; readonly update: PartitionUpdate }
  /** Nothing is left of it without the columns that are left out. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'unfit'; readonly reason: string };

/**
 * Brings an update, decoded with whatever schema was known, into the shape in which its table is moved. Cells of columns
 * that are left out, or that the source has dropped since, are left behind; a row that may come or go with them is read again.
 */
export function fitUpdate(update: PartitionUpdate, table: Table, leftOut: readonly string[]): FittedUpdate {
  if (update.table === table) return { kind: 'fits', update };
  const columns = fittingOf(update.table, table, leftOut);
  const unfit = [...columnsIn(update)].find((column) => columns(column) === 'unfit');
  if (unfit) return { kind: 'unfit', reason: `column ${unfit.name} is not moved as it is now` };
  const { staticRow, ...others } = update;
  const statics = staticRow && fitRow(staticRow, columns);
  const fitted: PartitionUpdate = {
    ...others,
    table,
    ...(statics && { staticRow: statics }),
    rows: update.rows.flatMap((row) => fitRow(isInDoubt(row, columns) ? readAgain(row) : row, columns) ?? []),
  };
  return isEmptyUpdate(fitted) && !isEmptyUpdate(update) ? { kind: 'empty' } : { kind: 'fits', update: fitted };
}

type Fitting = (column: Column) => Column | 'gone' | 'unfit';

function fittingOf(from: Table, to: Table, leftOut: readonly string[]): Fitting {
  const known = new Map<Column, Column | 'gone' | 'unfit'>();
  const decide = (column: Column) => {
    if (leftOut.includes(column.name)) return 'gone';
    const moved = to.columns.get(column.name);
    if (moved) return isSameColumn(moved, column) ? moved : 'unfit';
    return from.columns.has(column.name) ? 'unfit' : 'gone';
  };
  return (column) => {
    const fitting = known.get(column) ?? decide(column);
    known.set(column, fitting);
    return fitting;
  };
}

function* columnsIn({ staticRow, rows }: PartitionUpdate): Iterable<Column> {
  for (const { cells, columnDeletions } of staticRow ? [staticRow, ...rows] : rows) {
    for (const { column } of cells) yield column;
    for (const { column } of columnDeletions) yield column;
  }
}

/**
 * Whether what is not moved of a row may decide if it is there. It may lose all that it had: a row that was read has a marker on the target
 * that the source may not have (row-in-doubt.ts). Or it may come by a value that is all it has, as long as that does not expire: CQL would not
 * tell who reads the row without it, and the row would last.
 */
function isInDoubt(row: RowChange, columns: Fitting): boolean {
  if (row.marker || row.deletion) return false;
  const dead = row.cells.filter(({ value }) => value === undefined);
  if ([...dead, ...row.columnDeletions].some(({ column }) => columns(column) === 'gone')) return true;
  return row.cells.some(({ expiry }) => expiry === undefined) && fitRow(row, columns) === undefined;
}

function readAgain(row: RowChange): RowChange {
  return { ...row, deletion: deletionLongAgo };
}

function fitRow(row: RowChange, columns: Fitting): RowChange | undefined {
  const fit = <Part extends { readonly column: Column }>(parts: readonly Part[]): readonly Part[] =>
    parts.flatMap((part) => {
      const column = columns(part.column);
      return typeof column === 'string' ? [] : [{ ...part, column }];
    });
  const fitted = { ...row, cells: fit(row.cells), columnDeletions: fit(row.columnDeletions) };
  const isEmpty = !row.marker && !row.deletion && fitted.cells.length === 0 && fitted.columnDeletions.length === 0;
  return isEmpty ? undefined : fitted;
}
