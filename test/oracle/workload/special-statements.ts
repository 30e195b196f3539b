import { type CqlValue, unset } from '../../../src/wire/cql/value.ts';
import type { Random } from '../../model/simulation/random.ts';
import { int, text } from '../../support/a-table.ts';
import { literalOf } from './literals.ts';
import { using, type WorkloadStatement } from './workload-statement.ts';

/** Statements to the tables of `specialTables`: counters, COMPACT STORAGE, values bound instead of written out, great ones. */
export function specialStatement(random: Random): WorkloadStatement {
  return random.pick([counterUpdate, counterUpdate, counterBatch, counterDelete, compact, bound, bound, great])(random);
}

function counterUpdate(random: Random): WorkloadStatement {
  const part = random.pick(['n = n + 3', 'n = n - 9223372036854775807', 'n = n + 1, m = m - 5, s = s + 1']);
  return { cql: `UPDATE KS.counters SET ${part} WHERE a = ${random.int(4)} AND c = ${random.int(4)}` };
}

function counterBatch(random: Random): WorkloadStatement {
  const statements = Array.from({ length: 1 + random.int(4) }, () =>
    random.chance(0.3) ? `UPDATE KS.lone_counter SET n = n + 1 WHERE a = ${random.int(4)}` : counterUpdate(random).cql,
  );
  return { cql: `BEGIN COUNTER BATCH ${statements.join('; ')}; APPLY BATCH` };
}

function counterDelete(random: Random): WorkloadStatement {
  const where = `a = ${random.int(4)}`;
  return { cql: `DELETE ${random.pick(['n', 'm, n'])} FROM KS.counters WHERE ${where} AND c = ${random.int(4)}` };
}

function compact(random: Random): WorkloadStatement {
  const [a, c] = [random.int(4), random.int(4)];
  const note = literalOf({ name: 'text', isFrozen: false, arguments: [] }, random);
  const stamp = using(random, 'any', true);
  return {
    cql: random.pick([
      `INSERT INTO KS.compact_rows (a, c, v) VALUES (${a}, ${c}, ${note})${stamp}`,
      `INSERT INTO KS.compact_keys (a, c) VALUES (${a}, ${c})${stamp}`,
      `INSERT INTO KS.compact_columns (a, x, y) VALUES (${a}, ${c}, ${note})${stamp}`,
      `DELETE FROM KS.compact_rows WHERE a = ${a} AND c ${random.pick(['=', '>', '<='])} ${c}`,
      `DELETE x FROM KS.compact_columns WHERE a = ${a}`,
    ]),
  };
}

/** Null, not set and empty are three things; only bound values can say the latter two of every type. */
function bound(random: Random): WorkloadStatement {
  const empty = Buffer.alloc(0);
  const any = (value: Buffer) => random.pick<CqlValue>([null, unset, empty, value]);
  const map = Buffer.concat([int(1), int(4), int(random.int(3)), int(1), text('v')]);
  const cells: readonly CqlValue[] = [
    any(int(7)),
    any(Buffer.alloc(8, 1)),
    any(text('t')),
    random.pick<CqlValue>([null, unset, map, int(0)]),
    any(int(1)),
  ];
  return {
    cql: `INSERT INTO KS.bound (a, c, x, y, t, m, s) VALUES (?, ?, ?, ?, ?, ?, ?)${using(random, 'any', true)}`,
    values: [int(random.int(4)), random.chance(0.1) ? empty : int(random.int(4)), ...cells],
  };
}

/** Up to a megabyte, and three hundred cells in one column. */
function great(random: Random): WorkloadStatement {
  if (random.chance(0.9)) return bound(random);
  const entries = Array.from({ length: 300 }, (_, index) => `'k${index}': ${index}`);
  if (random.chance(0.5))
    return { cql: `INSERT INTO KS.collections (a, c, m) VALUES ('many', 1, {${entries.join(', ')}})` };
  const value = Buffer.alloc(random.int(1_000_000), 7);
  return { cql: 'INSERT INTO KS.bound (a, c, t) VALUES (9, 9, ?)', values: [value] };
}
