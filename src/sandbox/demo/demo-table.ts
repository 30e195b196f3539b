import type { RandomSource } from './seeded-random.ts';

export interface Statement {
  readonly cql: string;
  readonly values: readonly unknown[];
}

/** One thing that an application does to a table. */
export interface OperationKind {
  readonly name: string;
  /** How often, beside the other kinds of all tables. */
  readonly weight: number;
  /** How it is sent when it has several statements. */
  readonly batch?: 'logged' | 'unlogged';
  /** Of row `n`, or of its partition. */
  statements(n: number, random: RandomSource): readonly Statement[];
}

/** A table of the demo: rows are numbered, and a number always gives the same key. */
export interface DemoTable {
  readonly name: string;
  readonly ddl: readonly string[];
  /** Of all rows. */
  readonly share: number;
  readonly rowsOfPartition: number;
  /** Key columns first. */
  readonly columns: readonly string[];
  keyOf(n: number): readonly unknown[];
  /** Of the columns behind the key. */
  valuesOf(n: number, random: RandomSource): readonly unknown[];
  /** Default: an INSERT of all columns. */
  rowOf?(n: number, random: RandomSource): Statement;
  /** Seconds; undefined takes the table's default. */
  ttlOf?(random: RandomSource): number | undefined;
  readonly operations: readonly OperationKind[];
}

export interface Using {
  readonly ttlSeconds?: number | undefined;
  readonly timestampMicros?: number;
}

/** Binds every column, null where there is no value, as most applications do. */
export function insertRow(table: DemoTable, n: number, random: RandomSource, using: Using = {}): Statement {
  const marks = table.columns.map(() => '?').join(', ');
  const { text, values } = usingOf(using);
  return {
    cql: `INSERT INTO ${table.name} (${table.columns.join(', ')}) VALUES (${marks})${text}`,
    values: [...table.keyOf(n), ...table.valuesOf(n, random), ...values],
  };
}

/** Bound, not written out: each text would be another prepared statement. */
function usingOf({ ttlSeconds, timestampMicros }: Using): { text: string; values: readonly number[] } {
  const parts = [
    ...(ttlSeconds === undefined ? [] : [{ text: 'TTL ?', value: ttlSeconds }]),
    ...(timestampMicros === undefined ? [] : [{ text: 'TIMESTAMP ?', value: timestampMicros }]),
  ];
  if (parts.length === 0) return { text: '', values: [] };
  return { text: ` USING ${parts.map(({ text }) => text).join(' AND ')}`, values: parts.map(({ value }) => value) };
}

/** The write time of an application that stamps its own writes: a little ago, which looks like lag, and never ahead. */
export function ownTimestamp(random: RandomSource): number {
  return Date.now() * 1000 - random.below(1_500_000);
}
