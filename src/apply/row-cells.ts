import type { CqlType } from '../model/cql-type.ts';
import { isMulticell } from '../model/cql-type.ts';
import type { Cell, Deletion, Expiry, RowChange } from '../model/mutation.ts';
import type { Column } from '../model/table.ts';
import { elementsBytes, entriesBytes, fieldsBytes } from './encode-values.ts';

/** One assignment of a statement: what it does to a column, and its one value. */
export interface Assignment {
  readonly column: Column;
  /** set: the whole column; add, remove: elements of a set or map; field: one field of a user-defined type. */
  readonly operation: 'set' | 'add' | 'remove' | 'field';
  readonly field?: string;
  readonly value: Buffer | null;
}

/** Assignments that share a write time and an expiry, and so can share a statement. */
export interface CellGroup {
  readonly timestampMicros: bigint;
  /** 0: does not expire. */
  readonly ttlSeconds: number;
  readonly assignments: readonly Assignment[];
}

/**
 * The cells of a row as groups of assignments at most one statement each, an expired cell as a deleted one, a whole
 * overwrite of a collection as one assignment, and what a deletion of the same mutation hides left out.
 */
export function groupCells(row: RowChange, hiddenBy: Deletion | undefined, nowSeconds: number): readonly CellGroup[] {
  const groups = new Map<string, OpenGroup>();
  let last: OpenGroup | undefined;
  const add = (timestampMicros: bigint, ttlSeconds: number, assignment: Assignment) => {
    // Mostly there is one group, and its text not needed: what an INSERT wrote.
    if (last?.timestampMicros !== timestampMicros || last.ttlSeconds !== ttlSeconds) {
      const key = `${timestampMicros}/${ttlSeconds}`;
      last = groups.get(key) ?? { timestampMicros, ttlSeconds, assignments: [] };
      groups.set(key, last);
    }
    last.assignments.push(assignment);
  };
  for (const [column, cells] of cellsByColumn(row, hiddenBy)) {
    const overwrittenAt = overwriteTimestamp(row, column, cells, nowSeconds);
    if (overwrittenAt !== undefined)
      add(overwrittenAt, remaining(cells[0]!.expiry, nowSeconds), wholeValue(column, cells));
    else
      for (const [timestamp, ttl, assignment] of assignmentsOf(column, cells, nowSeconds))
        add(timestamp, ttl, assignment);
  }
  return [...groups.values()];
}

interface OpenGroup extends CellGroup {
  readonly assignments: Assignment[];
}

/** Column deletions that groupCells has not already expressed as a whole overwrite. */
export function columnDeletionsLeft(
  row: RowChange,
  hiddenBy: Deletion | undefined,
  nowSeconds: number,
): RowChange['columnDeletions'] {
  if (row.columnDeletions.length === 0) return [];
  const byColumn = cellsByColumn(row, hiddenBy);
  return row.columnDeletions.filter(
    ({ column, timestampMicros }) =>
      isExpressible(column) &&
      !isHidden(timestampMicros, hiddenBy) &&
      overwriteTimestamp(row, column, byColumn.get(column) ?? [], nowSeconds) === undefined,
  );
}

/** Seconds left of an expiry at `nowSeconds`; 0 for none. An expiry that has passed is never asked for. */
export function remaining(expiry: Expiry | undefined, nowSeconds: number): number {
  return expiry === undefined ? 0 : Math.max(1, expiry.expiresAtSeconds - nowSeconds);
}

function isExpired(expiry: Expiry | undefined, nowSeconds: number): boolean {
  return expiry !== undefined && expiry.expiresAtSeconds <= nowSeconds;
}

/** A deletion hides what was written at or before its timestamp: on a tie the deletion wins. */
export function isHidden(timestampMicros: bigint, by: Deletion | undefined): boolean {
  return by !== undefined && timestampMicros <= by.timestampMicros;
}

/** Non-frozen lists go another way (their cells have an identity that CQL cannot write); counters carry no timestamps. */
function isExpressible(column: Column): boolean {
  return !isUnfrozenList(column.type) && column.type.name !== 'counter';
}

export function isUnfrozenList(type: CqlType): boolean {
  return type.name === 'list' && !type.isFrozen;
}

function cellsByColumn(row: RowChange, hiddenBy: Deletion | undefined): ReadonlyMap<Column, readonly Cell[]> {
  const byColumn = new Map<Column, Cell[]>();
  for (const cell of row.cells) {
    if (!isExpressible(cell.column) || isHidden(cell.timestampMicros, hiddenBy)) continue;
    if (
      row.columnDeletions.some(
        (deletion) => deletion.column === cell.column && isHidden(cell.timestampMicros, deletion),
      )
    )
      continue;
    const cells = byColumn.get(cell.column) ?? [];
    byColumn.set(cell.column, cells);
    cells.push(cell);
  }
  return byColumn;
}

/**
 * Cassandra writes `c = {…}` as a deletion one microsecond before the cells. The target does the same with the same
 * statement, so such a pair is sent as one assignment of the whole value.
 */
function overwriteTimestamp(
  row: RowChange,
  column: Column,
  cells: readonly Cell[],
  nowSeconds: number,
): bigint | undefined {
  if (!isMulticell(column.type) || cells.length === 0) return undefined;
  const deletion = row.columnDeletions.find((candidate) => candidate.column === column);
  if (deletion === undefined) return undefined;
  const timestamp = deletion.timestampMicros + 1n;
  const first = cells[0]!;
  const isWhole = cells.every(
    (cell) =>
      cell.value !== undefined &&
      cell.timestampMicros === timestamp &&
      cell.expiry?.expiresAtSeconds === first.expiry?.expiresAtSeconds &&
      !isExpired(cell.expiry, nowSeconds),
  );
  return isWhole ? timestamp : undefined;
}

function wholeValue(column: Column, cells: readonly Cell[]): Assignment {
  return { column, operation: 'set', value: joinElements(column.type, cells) };
}

function joinElements(type: CqlType, cells: readonly Cell[]): Buffer {
  switch (type.name) {
    case 'set':
      return elementsBytes(cells.map((cell) => cell.path!));
    case 'map':
      return entriesBytes(cells.map((cell) => [cell.path!, cell.value!]));
    default:
      return fieldsBytes(
        type.udt!.fields.map((_, index) => cells.find((cell) => fieldIndex(cell) === index)?.value ?? null),
      );
  }
}

type TimedAssignment = readonly [timestampMicros: bigint, ttlSeconds: number, assignment: Assignment];

function assignmentsOf(column: Column, cells: readonly Cell[], nowSeconds: number): readonly TimedAssignment[] {
  const timed = cells.map((cell) => {
    const isDead = cell.value === undefined || isExpired(cell.expiry, nowSeconds);
    return { cell, isDead, ttl: isDead ? 0 : remaining(cell.expiry, nowSeconds) };
  });
  if (!isMulticell(column.type))
    return timed.map(({ cell, isDead, ttl }) => [
      cell.timestampMicros,
      ttl,
      { column, operation: 'set', value: isDead ? null : cell.value! },
    ]);
  if (column.type.name === 'udt')
    return timed.map(({ cell, isDead, ttl }) => [cell.timestampMicros, ttl, fieldAssignment(column, cell, isDead)]);
  return joinEqual(timed).map(({ cells: joined, isDead, ttl }) => [
    joined[0]!.timestampMicros,
    ttl,
    isDead
      ? { column, operation: 'remove', value: elementsBytes(joined.map((cell) => cell.path!)) }
      : { column, operation: 'add', value: joinElements(column.type, joined) },
  ]);
}

function fieldAssignment(column: Column, cell: Cell, isDead: boolean): Assignment {
  const field = column.type.udt!.fields[fieldIndex(cell)]!;
  return { column, operation: 'field', field, value: isDead ? null : cell.value! };
}

function fieldIndex(cell: Cell): number {
  return cell.path!.readUInt16BE(0);
}

interface TimedCell {
  readonly cell: Cell;
  readonly isDead: boolean;
  readonly ttl: number;
}

/** Elements of one set or map that are added, or removed, at one time go into one value. */
function joinEqual(timed: readonly TimedCell[]): readonly { cells: Cell[]; isDead: boolean; ttl: number }[] {
  const joined = new Map<string, { cells: Cell[]; isDead: boolean; ttl: number }>();
  for (const { cell, isDead, ttl } of timed) {
    const key = `${cell.timestampMicros}/${ttl}/${isDead}`;
    const group = joined.get(key) ?? { cells: [], isDead, ttl };
    joined.set(key, group);
    group.cells.push(cell);
  }
  return [...joined.values()];
}
