import { cqlTypeText } from '../model/cql-type.ts';
import type { Finding } from '../model/finding.ts';
import type { Column, Table } from '../model/table.ts';

/** Where a target table is not what its source is; empty when rows can be moved between the two. */
export function compareSchema(source: Table, target: Table): readonly Finding[] {
  return [...keyDifferences(source, target), ...columnDifferences(source, target)];
}

function keyDifferences(source: Table, target: Table): readonly Finding[] {
  const [expected, found] = [keyText(source), keyText(target)];
  return expected === found ? [] : [differs(target, `the primary key ${expected}`, found)];
}

function columnDifferences(source: Table, target: Table): readonly Finding[] {
  const missing = [...source.columns.values()].flatMap((column) => {
    const other = target.columns.get(column.name);
    if (other && columnText(other) === columnText(column)) return [];
    return [differs(target, `column ${columnText(column)}`, other ? columnText(other) : 'no such column')];
  });
  const extra = [...target.columns.values()]
    .filter((column) => !source.columns.has(column.name))
    .map((column) => differs(target, 'no column that the source lacks', columnText(column)));
  return [...missing, ...extra];
}

function keyText(table: Table): string {
  const text = (column: Column) => `${columnText(column)}${column.isReversed ? ' DESC' : ''}`;
  return `((${table.partitionKey.map(text).join(', ')})${table.clustering.map((column) => `, ${text(column)}`).join('')})`;
}

function columnText(column: Column): string {
  return `${column.name} ${cqlTypeText(column.type)}${column.kind === 'static' ? ' static' : ''}`;
}

function differs(target: Table, expected: string, found: string): Finding {
  return {
    severity: 'fault',
    check: 'target tables',
    expected: `target table ${target.name} to have ${expected}`,
    found,
    next: `drop or alter the target's table, or leave ${target.name} out of source.tables`,
  };
}
