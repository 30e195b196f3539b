import { createHash } from 'node:crypto';
import { types } from 'cassandra-driver';
import { type DemoTable, insertRow } from '../demo-table.ts';

const rowsOfPartition = 1000;
const start = Date.UTC(2026, 0, 1);

/** Wide both ways: partitions of thousands of rows, and a column of every simple type that Keyspaces has: of all but durations. */
export const readings: DemoTable = {
  name: 'readings',
  ddl: [
    `CREATE TABLE readings (
      sensor text, at timestamp, a_ascii ascii, a_bigint bigint, a_blob blob, a_boolean boolean, a_date date,
      a_decimal decimal, a_double double, a_float float, an_inet inet, an_int int,
      a_smallint smallint, a_text text, a_time time, a_timeuuid timeuuid, a_tinyint tinyint, a_uuid uuid, a_varint varint,
      PRIMARY KEY (sensor, at))`,
  ],
  share: 0.24,
  rowsOfPartition,
  columns: [
    ...['sensor', 'at', 'a_ascii', 'a_bigint', 'a_blob', 'a_boolean', 'a_date', 'a_decimal', 'a_double'],
    ...[
      'a_float',
      'an_inet',
      'an_int',
      'a_smallint',
      'a_text',
      'a_time',
      'a_timeuuid',
      'a_tinyint',
      'a_uuid',
      'a_varint',
    ],
  ],
  keyOf: (n) => [sensorOf(n), new Date(start + (n % rowsOfPartition) * 1000)],
  valuesOf: (n, random) => [
    random.word(4),
    random.below(2 ** 40),
    random.bytes(6),
    random.chance(0.5),
    new types.LocalDate(2026, 1 + random.below(12), 1 + random.below(28)),
    `-${random.below(1000)}.${random.below(1000)}0`,
    random.below(1_000_000) / 7,
    random.chance(0.1) ? Number.NaN : random.below(1000) / 4,
    `192.168.${random.below(256)}.${random.below(256)}`,
    random.below(2 ** 31) - 2 ** 30,
    random.below(65_536) - 32_768,
    random.chance(0.9) ? `${random.word(5)} ü €` : '',
    types.LocalTime.fromString(`12:${String(random.below(60)).padStart(2, '0')}:00.5`),
    types.TimeUuid.fromDate(new Date(start + n), n % 10_000, 'sandbx', 'de'),
    random.below(256) - 128,
    new types.Uuid(createHash('md5').update(`${n}`).digest()),
    `${random.below(2 ** 40)}${random.below(2 ** 40)}`,
  ],
  operations: [
    { name: 'insert', weight: 8, statements: (n, random) => [insertRow(readings, n, random)] },
    {
      name: 'update',
      weight: 5,
      statements: (n, random) => [
        {
          cql: 'UPDATE readings SET an_int = ?, a_text = ? WHERE sensor = ? AND at = ?',
          values: [random.below(99), random.word(6), ...readings.keyOf(n)],
        },
      ],
    },
    {
      name: 'set to null',
      weight: 1,
      statements: (n) => [
        {
          cql: 'UPDATE readings SET a_blob = ?, a_varint = ? WHERE sensor = ? AND at = ?',
          values: [null, null, ...readings.keyOf(n)],
        },
      ],
    },
    {
      name: 'delete row',
      weight: 1,
      statements: (n) => [{ cql: 'DELETE FROM readings WHERE sensor = ? AND at = ?', values: readings.keyOf(n) }],
    },
    {
      name: 'delete range',
      weight: 0.2,
      statements: (n, random) => {
        const from = start + (n % rowsOfPartition) * 1000;
        const values = [sensorOf(n), new Date(from), new Date(from + 1000 * random.below(20))];
        return [{ cql: 'DELETE FROM readings WHERE sensor = ? AND at > ? AND at <= ?', values }];
      },
    },
    {
      name: 'delete partition',
      weight: 0.005,
      statements: (n) => [{ cql: 'DELETE FROM readings WHERE sensor = ?', values: [sensorOf(n)] }],
    },
  ],
};

function sensorOf(n: number): string {
  return `sensor-${Math.floor(n / rowsOfPartition)}`;
}
