import type { Cell } from '../../../src/model/mutation.ts';
import type { Table } from '../../../src/model/table.ts';
import type { ShownRow } from './cell-store.ts';
import type { MemoryKeyspace } from './memory-keyspace.ts';

export interface Compared {
  readonly source: MemoryKeyspace;
  readonly target: MemoryKeyspace;
  /** In the shape in which it is moved. */
  readonly moved: Table;
  readonly nowMicros: bigint;
  /** Cells written after it come with their own write times. */
  readonly directFromMicros: bigint;
  /** The last truncate; undefined if there was none. */
  readonly truncatedAtMicros: bigint | undefined;
}

export interface CellDifference {
  readonly text: string;
  /** Why a slice in doubt must name it: no captured change does. */
  readonly because: 'truncated' | 'column dropped' | 'column left out' | undefined;
}

/** All in which the target does not show what the source shows. */
export function compareTable(compared: Compared): readonly CellDifference[] {
  const { source, target, moved, nowMicros } = compared;
  const [left, right] = [source, target].map((side) => {
    const rows = side.rowsOf(moved.name).rows(side.table(moved.name), nowMicros);
    return new Map(rows.map((row) => [keyText(row), row]));
  });
  const keys = new Set([...left!.keys(), ...right!.keys()]);
  return [...keys].flatMap((key) => compareRow(key, left!.get(key), right!.get(key), compared));
}

function compareRow(
  key: string,
  left: ShownRow | undefined,
  right: ShownRow | undefined,
  compared: Compared,
): readonly CellDifference[] {
  const name = `${compared.moved.name} ${key}`;
  const [mine, theirs] = [left, right].map((row) => movedCells(row, compared.moved));
  const columns = new Set([...mine!.keys(), ...theirs!.keys()]);
  const cells = [...columns].flatMap((column) =>
    compareCell(`${name} ${column}`, mine!.get(column), theirs!.get(column), compared),
  );
  const isStatics = (left ?? right)!.clustering === undefined;
  // A row that lives by columns alone which are not moved need not come.
  const isMoved = left === undefined || left.hasMarker || mine!.size > 0;
  if (isStatics || !isMoved || (left === undefined) === (right === undefined)) return cells;
  const text = `${name} is ${left ? 'missing' : 'extra'}`;
  return [...cells, { text, because: right ? whyExtra(right, compared) : whyStays(undefined, compared) }];
}

function movedCells(row: ShownRow | undefined, moved: Table): ReadonlyMap<string, Cell> {
  const cells = [...(row?.cells ?? [])].filter(([, { column }]) => moved.columns.has(column.name));
  const lists = Map.groupBy(
    cells.filter(([, { column }]) => column.type.name === 'list'),
    ([, { column }]) => column.name,
  );
  return new Map([
    ...cells.filter(([, { column }]) => column.type.name !== 'list'),
    ...[...lists].map(([name, elements]) => [name, joined(elements.map(([, cell]) => cell))] as const),
  ]);
}

/** Identities and write times of a list's elements are not carried over: only its value counts. */
function joined(elements: readonly Cell[]): Cell {
  const sorted = elements.toSorted((a, b) => Buffer.compare(a.path!, b.path!));
  return { column: sorted[0]!.column, value: Buffer.concat(sorted.map(({ value }) => value!)), timestampMicros: 0n };
}

function compareCell(
  name: string,
  mine: Cell | undefined,
  theirs: Cell | undefined,
  compared: Compared,
): readonly CellDifference[] {
  const text = `${name}: ${cellText(mine)} -> ${cellText(theirs)}`;
  const isSame =
    mine !== undefined &&
    theirs !== undefined &&
    mine.value!.equals(theirs.value!) &&
    (mine.timestampMicros <= compared.directFromMicros || mine.timestampMicros === theirs.timestampMicros) &&
    isSameEnd(mine, theirs, compared.directFromMicros);
  if (isSame || (mine === undefined && theirs === undefined)) return [];
  return [{ text, because: whyStays(theirs, compared) }];
}

function isSameEnd(mine: Cell, theirs: Cell, directFromMicros: bigint): boolean {
  // Of a collection that was read no remaining time can be told.
  if (mine.path && mine.timestampMicros <= directFromMicros) return true;
  const [one, other] = [mine, theirs].map(({ expiry }) => expiry?.expiresAtSeconds);
  return one === undefined || other === undefined ? one === other : Math.abs(one - other) <= 2;
}

/** A row may stay for its marker alone, where what it had went with a column. */
function whyExtra(row: ShownRow, compared: Compared): CellDifference['because'] {
  const live = compared.source.table(compared.moved.name);
  const reasons = [...movedCells(row, compared.moved).values()].map((cell) => whyStays(cell, compared));
  if (compared.truncatedAtMicros !== undefined) return 'truncated';
  if (reasons.includes(undefined)) return undefined;
  // It was read again while it lived by such a column, whose end nobody reads.
  const ended = compared.source.rowsOf(live.name).endedColumns(row, compared.nowMicros);
  if ([...ended].some((name) => !compared.moved.columns.has(name))) return 'column left out';
  return live.dropped.size > 0 ? 'column dropped' : undefined;
}

function whyStays(theirs: Cell | undefined, { source, moved, truncatedAtMicros }: Compared): CellDifference['because'] {
  if (truncatedAtMicros !== undefined) return 'truncated';
  if (theirs === undefined) return undefined;
  const droppedAtMicros = source.table(moved.name).dropped.get(theirs.column.name)?.droppedAtMicros;
  return droppedAtMicros !== undefined && theirs.timestampMicros <= droppedAtMicros ? 'column dropped' : undefined;
}

function cellText(cell: Cell | undefined): string {
  if (!cell) return 'nothing';
  const { value, timestampMicros, expiry } = cell;
  return `${value!.readInt32BE()} at ${timestampMicros}${expiry ? ` until ${expiry.expiresAtSeconds}` : ''}`;
}

function keyText({ partitionKey, clustering }: ShownRow): string {
  const values = [partitionKey, ...(clustering ?? [])].map((value) => value.readInt32BE());
  return `(${values.join(', ')}${clustering ? '' : ', statics'})`;
}
