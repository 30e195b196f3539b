import { type BufferWriter, sizeOfValues } from '../../../wire/cql/buffer-writer.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import type { CqlValue } from '../../../wire/cql/value.ts';
import type { Relation, Select, Term } from '../cql/statement.ts';
import { type Answer, bodyOf } from '../protocol/response-body.ts';
import { RuleRefusal } from '../rule-book.ts';
import { type BoundValues, termNumber } from '../statements/term-value.ts';
import type { SystemColumn, SystemTable } from './system-table.ts';
import { encodeSystemValue, type SystemType, writeType } from './system-type.ts';
import { timeUuid } from './time-uuid.ts';

/** Answers a SELECT from a system table: whole columns and now(), equality and IN, LIMIT. Throws RuleRefusal for anything else. */
export function selectSystem(table: SystemTable, select: Select, bound: BoundValues): Answer {
  const chosen = chosenColumns(table, select);
  const tests = select.where.map((relation) => testOf(table, relation, bound));
  const rows = table
    .rows()
    .map((row) => row.map((value, index) => encodeSystemValue(table.columns[index]!.type, value)))
    .filter((row) => tests.every((test) => test(row)));
  const limit = termNumber(select.limit, bound);
  const kept = limit === undefined ? rows : rows.slice(0, Number(limit));
  return rowsAnswer(
    table,
    chosen,
    kept.map((row) => chosen.map(({ cellOf }) => cellOf(row))),
  );
}

interface Chosen extends SystemColumn {
  readonly cellOf: (row: readonly CqlValue[]) => CqlValue;
}

function chosenColumns(table: SystemTable, select: Select): readonly Chosen[] {
  if (select.selectors.length === 0)
    return table.columns.map((column, index) => ({ ...column, cellOf: (row) => row[index]! }));
  return select.selectors.map(({ term, alias }) => {
    if (term.kind === 'call' && term.name === 'now')
      return { name: alias ?? 'system.now()', type: 'timeuuid', cellOf: () => timeUuid(BigInt(Date.now()) * 1000n) };
    const index = columnIndex(table, term.kind === 'column' ? term.name : '');
    return {
      name: alias ?? table.columns[index]!.name,
      type: table.columns[index]!.type,
      cellOf: (row) => row[index]!,
    };
  });
}

function columnIndex(table: SystemTable, name: string): number {
  const index = table.columns.findIndex((column) => column.name === name);
  if (index < 0) throw new RuleRefusal('system-tables', 0x2200, `Undefined column name ${name || 'in selection'}`);
  return index;
}

function testOf(table: SystemTable, relation: Relation, bound: BoundValues): (row: readonly CqlValue[]) => boolean {
  const { operator, columns, terms, isToken, isTuple, isList } = relation;
  if (isToken || isTuple || (operator !== '=' && operator !== 'in')) {
    throw new RuleRefusal('system-tables', 0x2200, 'Only equality and IN are supported on system tables');
  }
  const index = columnIndex(table, columns[0]!);
  const { type } = table.columns[index]!;
  const wanted =
    operator === 'in' && !isList ? listMembers(terms[0]!, bound) : terms.map((term) => literalOf(term, type, bound));
  return (row) => {
    const cell = row[index];
    return Buffer.isBuffer(cell) && wanted.some((value) => value?.equals(cell));
  };
}

function literalOf(term: Term, type: SystemType, bound: BoundValues): Buffer | undefined {
  if (term.kind === 'marker') {
    const value = bound[term.index];
    return Buffer.isBuffer(value) ? value : undefined;
  }
  if (term.kind !== 'literal') return undefined;
  if (type === 'int') return encodeSystemValue(type, Number(term.text)) as Buffer;
  return encodeSystemValue(type, type === 'boolean' ? term.text === 'true' : term.text) as Buffer;
}

function listMembers(term: Term, bound: BoundValues): readonly Buffer[] {
  const value = term.kind === 'marker' ? bound[term.index] : undefined;
  if (!Buffer.isBuffer(value)) return [];
  const members: Buffer[] = [];
  for (let at = 4; at < value.length; ) {
    const length = value.readInt32BE(at);
    members.push(value.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return members;
}

function rowsAnswer(table: SystemTable, columns: readonly Chosen[], rows: readonly (readonly CqlValue[])[]): Answer {
  const size = sizeOfSpecs(table, columns) + rows.reduce((sum, row) => sum + sizeOfValues(row), 0);
  const body = bodyOf(size, (writer) => {
    writer.int(2);
    writeSpecs(writer, table, columns);
    writer.int(rows.length);
    for (const row of rows) for (const cell of row) writer.value(cell);
  });
  return { opcode: opcodes.RESULT, body };
}

function sizeOfSpecs(table: SystemTable, columns: readonly SystemColumn[]): number {
  return 64 + table.keyspace.length + table.name.length + columns.reduce((sum, { name }) => sum + name.length + 12, 0);
}

/** Metadata with one table for all columns. */
function writeSpecs(writer: BufferWriter, table: SystemTable, columns: readonly SystemColumn[]): void {
  writer.int(1);
  writer.int(columns.length);
  writeColumns(writer, table, columns);
}

function writeColumns(writer: BufferWriter, table: SystemTable, columns: readonly SystemColumn[]): void {
  writer.string(table.keyspace);
  writer.string(table.name);
  for (const column of columns) {
    writer.string(column.name);
    writeType(writer, column.type);
  }
}

/** What PREPARE answers for a SELECT from a system table. */
export function prepareSystem(id: Buffer, table: SystemTable, select: Select): Answer {
  const bound = select.where.flatMap((relation) => boundColumns(table, relation));
  if (select.limit?.kind === 'marker') bound.push({ name: '[limit]', type: 'int' });
  const columns = chosenColumns(table, select);
  const body = bodyOf(id.length + 32 + sizeOfSpecs(table, bound) + sizeOfSpecs(table, columns), (writer) => {
    writer.int(4);
    writer.shortBytes(id);
    writer.int(1);
    writer.int(bound.length);
    writer.int(0);
    writeColumns(writer, table, bound);
    writeSpecs(writer, table, columns);
  });
  return { opcode: opcodes.RESULT, body };
}

function boundColumns(table: SystemTable, { columns, terms, operator, isList }: Relation): SystemColumn[] {
  const column = table.columns[columnIndex(table, columns[0]!)]!;
  const markers = terms.filter((term) => term.kind === 'marker');
  if (operator === 'in' && !isList) return markers.map(() => ({ name: `in(${column.name})`, type: 'list<text>' }));
  return markers.map(() => column);
}
