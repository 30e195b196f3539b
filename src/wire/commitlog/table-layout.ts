import { fixedLengthOf, isMulticell } from '../../model/cql-type.ts';
import type { Column, Table } from '../../model/table.ts';

/** What decoding asks of a table over and over, worked out once. */
export interface TableLayout {
  readonly table: Table;
  /** Of each clustering column, as in ColumnLayout. */
  readonly clusteringLengths: readonly number[];
  /** Static, regular and dropped columns by name. */
  readonly columns: ReadonlyMap<string, ColumnLayout>;
  /** Lists of columns that updates have named, by their encoded bytes. Filled by decoding. */
  readonly columnLists: Map<string, readonly ColumnLayout[]>;
}

export interface ColumnLayout {
  readonly column: Column;
  readonly isMulticell: boolean;
  /** Bytes of a value, or -1 where a length precedes it. */
  readonly valueLength: number;
  /** Cells written up to here are gone, also of a column that was added again under the same name. */
  readonly droppedAtMicros: bigint | undefined;
}

/** The layout of a table; worked out once for each Table object. */
export function layoutOf(table: Table): TableLayout {
  const known = layouts.get(table);
  if (known) return known;
  const layout: TableLayout = {
    table,
    clusteringLengths: table.clustering.map((column) => fixedLengthOf(column.type) ?? -1),
    columns: new Map([...table.dropped, ...table.columns].map(([name, column]) => [name, columnLayout(table, column)])),
    columnLists: new Map(),
  };
  layouts.set(table, layout);
  return layout;
}

const layouts = new WeakMap<Table, TableLayout>();

function columnLayout(table: Table, column: Column): ColumnLayout {
  const isComplex = isMulticell(column.type);
  return {
    column,
    isMulticell: isComplex,
    // The cells of a multicell column carry a length whatever the type of their elements.
    valueLength: isComplex ? -1 : (fixedLengthOf(column.type) ?? -1),
    droppedAtMicros: table.dropped.get(column.name)?.droppedAtMicros,
  };
}
