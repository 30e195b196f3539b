import { type Column, keyColumns, qualifiedName, quoteName, type Table } from '../model/table.ts';
import type { BoundValue, TargetStatement } from '../ports/target-keyspace.ts';
import { bigintBytes, intBytes } from './encode-values.ts';
import type { Assignment, CellGroup } from './row-cells.ts';

/** Which row of the target a statement is about. */
export interface RowPlace {
  readonly table: Table;
  readonly keyspace: string;
  readonly partitionKey: readonly Buffer[];
  readonly clustering: readonly Buffer[];
  readonly isStatic: boolean;
}

/** What Amazon Keyspaces takes in one INSERT or UPDATE with a TTL, as all of ours are (AWS developer guide, quotas). */
export const columnsAWrite = 166;

export interface ColumnValue {
  readonly column: Column;
  readonly value: BoundValue;
}

export function deleteRow(place: RowPlace, timestampMicros: bigint): TargetStatement {
  const where = whereOf(place);
  return {
    cql: `DELETE FROM ${nameOf(place)} USING TIMESTAMP ? WHERE ${where.cql}`,
    values: [bigintBytes(timestampMicros), ...where.values],
  };
}

/** Deletes several columns of one row, collections whole. */
export function deleteColumns(place: RowPlace, columns: readonly Column[], timestampMicros: bigint): TargetStatement {
  const where = whereOf(place);
  return {
    cql: `DELETE ${columns.map((column) => quoteName(column.name)).join(', ')} FROM ${nameOf(place)} USING TIMESTAMP ? WHERE ${where.cql}`,
    values: [bigintBytes(timestampMicros), ...where.values],
  };
}

/** An INSERT, which also writes the row marker, of what an INSERT can say; single elements follow as an UPDATE. */
export function insertGroup(place: RowPlace, group: CellGroup): readonly TargetStatement[] {
  const whole = group.assignments.filter((assignment) => assignment.operation === 'set');
  const elements = group.assignments.filter((assignment) => assignment.operation !== 'set');
  return [
    ...insertRow(place, whole, group),
    ...(elements.length > 0 ? updateGroup(place, { ...group, assignments: elements }) : []),
  ];
}

/** UPDATEs of a group. CQL takes one operation a column, so a second one on the same column starts another statement. */
export function updateGroup(place: RowPlace, group: CellGroup): readonly TargetStatement[] {
  return oneOperationAColumn(group.assignments)
    .flatMap(inWrites)
    .map((assignments) => updateRow(place, assignments, group));
}

interface WriteTime {
  readonly timestampMicros: bigint;
  readonly ttlSeconds: number;
}

/** The INSERT and, for columns that it cannot take, UPDATEs of the same time: in any order the same cells remain. */
export function insertRow(
  place: RowPlace,
  columns: readonly ColumnValue[],
  time: WriteTime,
): readonly TargetStatement[] {
  const [first = [], ...others] = inWrites(columns);
  return [insertColumns(place, first, time), ...others.flatMap((some) => updateWhole(place, some, time))];
}

/** TTL is always bound, 0 for none: else the table's default would give one to a cell that has none. */
function insertColumns(place: RowPlace, columns: readonly ColumnValue[], time: WriteTime): TargetStatement {
  const keys = place.isStatic ? place.table.partitionKey : keyColumns(place.table);
  const names = [...keys, ...columns.map(({ column }) => column)].map((column) => quoteName(column.name));
  return {
    cql: `INSERT INTO ${nameOf(place)} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) USING TIMESTAMP ? AND TTL ?`,
    values: [
      ...place.partitionKey,
      ...(place.isStatic ? [] : place.clustering),
      ...columns.map(({ value }) => value),
      bigintBytes(time.timestampMicros),
      intBytes(time.ttlSeconds),
    ],
  };
}

/** UPDATEs that set whole columns, or leave those alone whose value is unset; their texts depend on the columns only. */
export function updateWhole(
  place: RowPlace,
  columns: readonly ColumnValue[],
  time: WriteTime,
): readonly TargetStatement[] {
  return inWrites(columns).map((some) => updateColumns(place, some, time));
}

function updateColumns(place: RowPlace, columns: readonly ColumnValue[], time: WriteTime): TargetStatement {
  const where = whereOf(place);
  return {
    cql: `UPDATE ${nameOf(place)} USING TIMESTAMP ? AND TTL ? SET ${columns.map(({ column }) => `${quoteName(column.name)} = ?`).join(', ')} WHERE ${where.cql}`,
    values: [
      bigintBytes(time.timestampMicros),
      intBytes(time.ttlSeconds),
      ...columns.map(({ value }) => value),
      ...where.values,
    ],
  };
}

/** So many columns at a time as one write may have. */
export function inWrites<T>(columns: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(columns.length / columnsAWrite);
  return Array.from({ length: count }, (_, index) => columns.slice(index * columnsAWrite, (index + 1) * columnsAWrite));
}

function updateRow(place: RowPlace, assignments: readonly Assignment[], group: CellGroup): TargetStatement {
  const where = whereOf(place);
  return {
    cql: `UPDATE ${nameOf(place)} USING TIMESTAMP ? AND TTL ? SET ${assignments.map(assignmentText).join(', ')} WHERE ${where.cql}`,
    values: [
      bigintBytes(group.timestampMicros),
      intBytes(group.ttlSeconds),
      ...assignments.map(({ value }) => value),
      ...where.values,
    ],
  };
}

function assignmentText({ column, operation, field }: Assignment): string {
  const name = quoteName(column.name);
  switch (operation) {
    case 'set':
      return `${name} = ?`;
    case 'add':
      return `${name} = ${name} + ?`;
    case 'remove':
      return `${name} = ${name} - ?`;
    case 'field':
      return `${name}.${quoteName(field!)} = ?`;
  }
}

/** Fields of one user-defined type count as different columns. */
function oneOperationAColumn(assignments: readonly Assignment[]): readonly (readonly Assignment[])[] {
  const statements: { taken: Set<string>; assignments: Assignment[] }[] = [];
  for (const assignment of assignments) {
    const slot = `${assignment.column.name}.${assignment.field ?? ''}`;
    let statement = statements.find(({ taken }) => !taken.has(slot));
    if (statement === undefined) {
      statement = { taken: new Set(), assignments: [] };
      statements.push(statement);
    }
    statement.taken.add(slot);
    statement.assignments.push(assignment);
  }
  return statements.map((statement) => statement.assignments);
}

export function whereOf(place: RowPlace): { cql: string; values: readonly Buffer[] } {
  const columns = place.isStatic ? place.table.partitionKey : keyColumns(place.table);
  return {
    cql: columns.map((column) => `${quoteName(column.name)} = ?`).join(' AND '),
    values: place.isStatic ? place.partitionKey : [...place.partitionKey, ...place.clustering],
  };
}

export function nameOf(place: RowPlace): string {
  return qualifiedName(place.table, place.keyspace);
}
