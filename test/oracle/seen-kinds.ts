import type { OracleMutation, OracleRow, OracleUpdate } from '../wire/commitlog/canonical-mutation.ts';

/** Everything that a mutation can hold and that is written in a way of its own. */
export const kindsToSee = [
  'several tables',
  'nothing',
  'partition deletion',
  'static row',
  'row marker',
  'expiring row marker',
  'row deletion',
  'multicell deletion',
  'multicell cell',
  'expiring cell',
  'deleted cell',
  'empty cell',
  'cell of its own time',
  'more than 64 columns',
  'few of more than 64 columns',
  'more than 32 clustering values',
  'empty clustering value',
  'negative timestamp',
  'timestamp above 2^53',
  'counter',
  'excl_end',
  'incl_start',
  'excl_end_incl_start',
  'incl_end_excl_start',
  'incl_end',
  'excl_start',
  'bound without values',
] as const;

/** Which of them, as Cassandra's reader shows the mutation. */
export function kindsIn({ u: updates }: OracleMutation): ReadonlySet<string> {
  const seen = new Set<string>();
  if (updates.length > 1) seen.add('several tables');
  for (const update of updates) addUpdate(seen, update);
  return seen;
}

function addUpdate(seen: Set<string>, update: OracleUpdate): void {
  if (!update.d && !update.s && update.i.length === 0) seen.add('nothing');
  if (update.d) seen.add('partition deletion');
  if (update.t.endsWith('counters')) seen.add('counter');
  if (update.s) {
    seen.add('static row');
    addRow(seen, update.s);
  }
  for (const item of update.i) {
    if ('b' in item) {
      seen.add(item.b);
      if (item.c.length === 0) seen.add('bound without values');
    } else {
      addRow(seen, item);
      if (update.t.endsWith('.wide90') && isBetween(item.v.length, 1, 30)) seen.add('few of more than 64 columns');
    }
  }
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function addRow(seen: Set<string>, row: OracleRow): void {
  if (row.l) seen.add(row.l[1] > 0 ? 'expiring row marker' : 'row marker');
  if (row.d) seen.add('row deletion');
  if (row.x.length > 0) seen.add('multicell deletion');
  if (row.c.length > 32) seen.add('more than 32 clustering values');
  if (row.c.includes('')) seen.add('empty clustering value');
  const columns = new Set(row.v.map(([column]) => column));
  if (columns.size > 64) seen.add('more than 64 columns');
  for (const cell of row.v) addCell(seen, cell, row);
}

function addCell(seen: Set<string>, cell: OracleRow['v'][number], row: OracleRow): void {
  const [, path, timestamp, ttl, , isTombstone, value] = cell;
  if (path !== null) seen.add('multicell cell');
  if (isTombstone) seen.add('deleted cell');
  else if (ttl > 0) seen.add('expiring cell');
  if (!isTombstone && value === '') seen.add('empty cell');
  if (row.l && row.l[0] !== timestamp) seen.add('cell of its own time');
  if (timestamp.startsWith('-')) seen.add('negative timestamp');
  if (BigInt(timestamp) > 2n ** 53n) seen.add('timestamp above 2^53');
}
