import type { CqlType } from './cql-type.ts';
import { cqlTypeText } from './cql-type.ts';
import { type Column, keyColumns, type Table } from './table.ts';

/** One way in which a table of the source is no longer what its rows are moved as. */
export type TableDifference =
  | { readonly kind: 'gone' }
  /** Dropped and created again: another table under the same name. */
  | { readonly kind: 'created-again' }
  | { readonly kind: 'key' }
  | { readonly kind: 'column-added'; readonly column: Column }
  | { readonly kind: 'column-dropped'; readonly column: string }
  /** A user-defined type got more fields at its end; `column` is as it is now. */
  | { readonly kind: 'fields-added'; readonly column: Column; readonly types: readonly AddedFields[] }
  | { readonly kind: 'type-changed'; readonly column: string; readonly was: string; readonly is: string };

interface AddedFields {
  readonly type: string;
  readonly fields: readonly { readonly name: string; readonly type: CqlType }[];
}

/** What a table has become on the source; empty while rows can be moved as `moved` says. */
export function tableDifferences(moved: Table, now: Table | undefined): readonly TableDifference[] {
  if (now === undefined) return [{ kind: 'gone' }];
  if (now.id !== moved.id) return [{ kind: 'created-again' }];
  if (keyText(now) !== keyText(moved)) return [{ kind: 'key' }];
  const added = [...now.columns.values()]
    .filter((column) => !moved.columns.has(column.name))
    .map((column): TableDifference => ({ kind: 'column-added', column }));
  const others = [...moved.columns.values()].flatMap((column) =>
    columnDifference(column, now.columns.get(column.name)),
  );
  return [...added, ...others];
}

/** The table without some of its columns: those that are left out of what is moved and compared. */
export function withoutColumns(table: Table, leftOut: readonly string[]): Table {
  if (!leftOut.some((name) => table.columns.has(name))) return table;
  return { ...table, columns: new Map([...table.columns].filter(([name]) => !leftOut.includes(name))) };
}

export function differenceText(difference: TableDifference): string {
  switch (difference.kind) {
    case 'gone':
      return 'the table was dropped';
    case 'created-again':
      return 'the table was dropped and created again';
    case 'key':
      return 'the primary key is another';
    case 'column-added':
      return `column ${difference.column.name} ${cqlTypeText(difference.column.type)} was added`;
    case 'column-dropped':
      return `column ${difference.column} was dropped`;
    case 'fields-added':
      return difference.types
        .map(({ type, fields }) => `type ${type} of column ${difference.column.name} got ${fieldsText(fields)}`)
        .join(', ');
    case 'type-changed':
      return `column ${difference.column} was ${difference.was} and is ${difference.is}`;
  }
}

/** Whether two columns hold values of the same bytes. */
export function isSameColumn(a: Column, b: Column): boolean {
  return a === b || columnText(a) === columnText(b);
}

function columnDifference(moved: Column, now: Column | undefined): readonly TableDifference[] {
  if (now === undefined) return [{ kind: 'column-dropped', column: moved.name }];
  if (isSameColumn(moved, now)) return [];
  const types = addedFields(moved.type, now.type);
  if (moved.kind === now.kind && types !== undefined) return [{ kind: 'fields-added', column: now, types }];
  const text = (column: Column) => `${cqlTypeText(column.type)}${column.kind === 'static' ? ' static' : ''}`;
  return [{ kind: 'type-changed', column: moved.name, was: text(moved), is: text(now) }];
}

/** Undefined where the types differ by more than fields at the end of user-defined ones. */
function addedFields(moved: CqlType, now: CqlType): readonly AddedFields[] | undefined {
  const isOtherwiseSame =
    moved.name === now.name &&
    moved.isFrozen === now.isFrozen &&
    moved.dimension === now.dimension &&
    moved.className === now.className &&
    moved.udt?.name === now.udt?.name;
  if (!isOtherwiseSame || now.arguments.length < moved.arguments.length) return undefined;
  if (!moved.udt && now.arguments.length !== moved.arguments.length) return undefined;
  if (moved.udt?.fields.some((field, index) => now.udt!.fields[index] !== field)) return undefined;
  const own = (now.udt?.fields ?? [])
    .map((name, index) => ({ name, type: now.arguments[index]! }))
    .slice(moved.arguments.length);
  const inner = moved.arguments.map((argument, index) => addedFields(argument, now.arguments[index]!));
  if (inner.some((part) => part === undefined)) return undefined;
  return [...inner.flatMap((part) => part!), ...(own.length > 0 ? [{ type: now.udt!.name, fields: own }] : [])];
}

function keyText(table: Table): string {
  const text = (column: Column) => `${columnText(column)} ${column.isReversed}`;
  return `${table.partitionKey.map(text).join(',')}/${keyColumns(table).map(text).join(',')}`;
}

/** Everything about a column that its bytes depend on, the fields of user-defined types among it. */
function columnText(column: Column): string {
  const known = columnTexts.get(column);
  if (known !== undefined) return known;
  const text = `${column.name} ${column.kind === 'static'} ${JSON.stringify(column.type)}`;
  columnTexts.set(column, text);
  return text;
}

// Asked for every change of the stream, of columns that never change themselves.
const columnTexts = new WeakMap<Column, string>();

function fieldsText(fields: AddedFields['fields']): string {
  return fields.map(({ name, type }) => `field ${name} ${cqlTypeText(type)}`).join(', ');
}
