import { types } from 'cassandra-driver';
import { type DemoTable, insertRow } from '../demo-table.ts';

const sessionsOfUser = 5;
const where = 'WHERE user = ? AND session = ?';

/** Rows and cells that expire: by the table's default, by TTLs of their own, soon, or, against the default, never. */
export const sessions: DemoTable = {
  name: 'sessions',
  ddl: [
    `CREATE TABLE sessions (
      user bigint, session timeuuid, device text, secret blob, seen timestamp, ip inet,
      PRIMARY KEY (user, session)) WITH default_time_to_live = 604800`,
  ],
  share: 0.125,
  rowsOfPartition: sessionsOfUser,
  columns: ['user', 'session', 'device', 'secret', 'seen', 'ip'],
  keyOf: (n) => [Math.floor(n / sessionsOfUser), sessionOf(n)],
  valuesOf: (_, random) => [
    random.word(6),
    random.bytes(16),
    new Date(1_700_000_000_000 + random.below(1_000_000_000)),
    random.chance(0.5) ? `10.${random.below(256)}.${random.below(256)}.1` : `2001:db8::${random.below(9999)}`,
  ],
  ttlOf: (random) => random.pick([undefined, 0, 3600 + random.below(3600), 86_400]),
  operations: [
    { name: 'insert', weight: 3, statements: (n, random) => [insertRow(sessions, n, random)] },
    {
      name: 'insert for hours',
      weight: 3,
      statements: (n, random) => [insertRow(sessions, n, random, { ttlSeconds: 3600 + random.below(7200) })],
    },
    {
      name: 'insert for seconds',
      weight: 1.5,
      statements: (n, random) => [insertRow(sessions, n, random, { ttlSeconds: 5 + random.below(85) })],
    },
    {
      name: 'insert for good',
      weight: 1,
      statements: (n, random) => [insertRow(sessions, n, random, { ttlSeconds: 0 })],
    },
    {
      name: 'update for hours',
      weight: 2,
      statements: (n, random) => [
        {
          cql: `UPDATE sessions USING TTL ? SET seen = ? ${where}`,
          values: [3600 + random.below(3600), new Date(), ...sessions.keyOf(n)],
        },
      ],
    },
    {
      name: 'update for seconds',
      weight: 1,
      statements: (n, random) => [
        {
          cql: `UPDATE sessions USING TTL ? SET device = ? ${where}`,
          values: [5 + random.below(60), random.word(5), ...sessions.keyOf(n)],
        },
      ],
    },
    {
      name: 'update for good',
      weight: 1,
      statements: (n, random) => [
        { cql: `UPDATE sessions USING TTL 0 SET secret = ? ${where}`, values: [random.bytes(8), ...sessions.keyOf(n)] },
      ],
    },
    {
      name: 'delete row',
      weight: 1,
      statements: (n) => [{ cql: `DELETE FROM sessions ${where}`, values: sessions.keyOf(n) }],
    },
    {
      name: 'delete partition',
      weight: 0.2,
      statements: (n) => [{ cql: 'DELETE FROM sessions WHERE user = ?', values: [Math.floor(n / sessionsOfUser)] }],
    },
  ],
};

function sessionOf(n: number): types.TimeUuid {
  return types.TimeUuid.fromDate(new Date(1_700_000_000_000 + n), n % 10_000, 'sandbx', 'de');
}
