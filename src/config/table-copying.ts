import type { Config } from './config.ts';
import { matchesPattern } from './table-pattern.ts';

/** How one table is copied. */
export interface TableCopying {
  /** Rows a second that a worker reads of it at most. */
  readonly rowsPerSecond: number | undefined;
  /** Tables of a lower number are copied before those of a higher one. */
  readonly order: number;
  /** Whether its values may have a TTL, which no schema tells: any write may bring one. */
  readonly expires: boolean;
}

/** By the first entry of `snapshot.tables` that means the table. */
export function copyingOf(table: string, { snapshot }: Pick<Config, 'snapshot'>): TableCopying {
  const rule = snapshot.tables.find((each) => matchesPattern(table, each.table));
  return { rowsPerSecond: rule?.rowsPerSecond, order: rule?.order ?? 0, expires: rule?.expires ?? true };
}
