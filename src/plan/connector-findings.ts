import type { Config } from '../config/config.ts';
import type { CqlType } from '../model/cql-type.ts';
import type { Finding } from '../model/finding.ts';
import type { Column, Table } from '../model/table.ts';

/** What DataStax's source connector cannot do with a table, or loses of it; nothing where the sinks read the events. */
export function connectorFindings(tables: readonly Table[], { feed, datastax }: Config): readonly Finding[] {
  if (feed !== 'datastax' || datastax.read !== 'data') return [];
  return tables.filter(({ isCounter }) => !isCounter).flatMap(findingsOf);
}

const check = 'DataStax connector';
const readEvents = 'set datastax.read: events, which reads the rows itself';

function findingsOf(table: Table): readonly Finding[] {
  const columns = [...table.columns.values()];
  return [
    ...(/[A-Z]/.test(table.name) ? [fault(`${table.name}: the connector does not find tables with capitals`)] : []),
    ...columns.filter(({ name }) => !/^[A-Za-z_]\w*$/.test(name)).map((column) => illegalName(table, column)),
    ...columns.filter(({ type }) => stops(type)).map((column) => stopping(table, column)),
    ...columns.filter(({ type }) => loses(type)).map((column) => losing(table, column)),
    warning(
      `${table.name}: an image tells of no TTL, and what expires on the source stays on the target`,
      table.defaultTtlSeconds > 0
        ? 'nothing: the table has a default TTL, and all of its rows are read again'
        : `nothing, if the application writes ${table.name} without TTL; otherwise ${readEvents}`,
    ),
  ];
}

function illegalName({ name: table }: Table, { name }: Column): Finding {
  return fault(`${table}.${name}: Avro has no such names, and the connector ends at its start`);
}

function stopping({ name: table }: Table, { name }: Column): Finding {
  return fault(`${table}.${name}: the connector fails on such values, and the whole table stands still`);
}

function losing({ name: table }: Table, { name }: Column): Finding {
  return warning(
    `${table}.${name}: the connector loses a part of such values`,
    `${readEvents}, or repair every row of it`,
  );
}

/** Of elements and of tuples' fields; at the top each of them is written well. */
const stoppingInside = ['date', 'time', 'inet'];

function stops(type: CqlType): boolean {
  if (type.udt && (/[A-Z]/.test(type.udt.name) || type.udt.fields.some((name) => !/^[A-Za-z_]\w*$/.test(name))))
    return true;
  if (type.name === 'map' && ['blob', 'udt', 'tuple', 'list', 'set', 'map'].includes(type.arguments[0]!.name))
    return true;
  const values = type.name === 'map' ? type.arguments.slice(1) : type.arguments;
  const bad = [
    ...(type.udt ? [] : stoppingInside),
    ...(type.name === 'tuple' ? ['tinyint', 'smallint', 'udt'] : []),
    ...(type.name === 'map' ? ['udt'] : []),
  ];
  return values.some((value) => bad.includes(value.name) || stops(value));
}

/** Nanoseconds of times; tuples inside user-defined types, which become null; types that are left out. */
function loses(type: CqlType): boolean {
  if (['time', 'vector', 'custom'].includes(type.name)) return true;
  if (type.udt && type.arguments.some(({ name }) => name === 'tuple')) return true;
  return type.arguments.some(loses);
}

function fault(found: string): Finding {
  return { severity: 'fault', check, expected: 'tables that the source connector can read', found, next: readEvents };
}

function warning(found: string, next: string): Finding {
  return { severity: 'warning', check, expected: 'images that hold all of a row', found, next };
}
