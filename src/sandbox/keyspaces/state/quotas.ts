import { invalid, overQuota } from './keyspaces-error.ts';
import type { Capacity, TableSettings } from './table-settings.ts';

/** Limits of an account in a region, with the defaults of the developer guide. */
export interface Quotas {
  readonly keyspaces: number;
  readonly tables: number;
  readonly types: number;
  /** DDL statements that are not done yet. */
  readonly concurrentDdl: number;
  readonly tagsPerResource: number;
  /** Read and write units a table, in both modes. */
  readonly unitsPerTable: number;
  /** Provisioned units over all tables. */
  readonly unitsPerAccount: number;
  /** Between two changes of a table's capacity mode. */
  readonly modeSwitchMs: number;
  /** Of a table's provisioned units; after them one an hour. */
  readonly decreasesPerDay: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const defaultQuotas: Quotas = {
  keyspaces: 256,
  tables: 256,
  types: 256,
  concurrentDdl: 50,
  tagsPerResource: 50,
  unitsPerTable: 40_000,
  unitsPerAccount: 80_000,
  modeSwitchMs: dayMs,
  decreasesPerDay: 4,
};

/** For whoever has had enough of them. */
export const noQuotas: Quotas = {
  keyspaces: Number.POSITIVE_INFINITY,
  tables: Number.POSITIVE_INFINITY,
  types: Number.POSITIVE_INFINITY,
  concurrentDdl: Number.POSITIVE_INFINITY,
  tagsPerResource: Number.POSITIVE_INFINITY,
  unitsPerTable: Number.POSITIVE_INFINITY,
  unitsPerAccount: Number.POSITIVE_INFINITY,
  modeSwitchMs: 0,
  decreasesPerDay: Number.POSITIVE_INFINITY,
};

/** Throws when one more would be too many. */
export function throwOnFull(present: number, limit: number, what: string): void {
  if (present >= limit) throw overQuota(`The limit of ${limit} ${what} is reached.`);
}

/** Throws when the settings ask for more than a table, or all together, may have. `others` are the other tables. */
export function checkThroughput(settings: TableSettings, others: readonly Capacity[], quotas: Quotas): void {
  const { capacity, warmThroughput } = settings;
  const [reads, writes] = provisioned(capacity);
  const most = Math.max(reads, writes, warmThroughput.readUnitsPerSecond, warmThroughput.writeUnitsPerSecond);
  if (most > quotas.unitsPerTable) throw overQuota(`A table may have at most ${quotas.unitsPerTable} units.`);
  const all = [...others, capacity].map(provisioned);
  const sums = [0, 1].map((side) => all.reduce((sum, units) => sum + units[side]!, 0));
  if (Math.max(...sums) > quotas.unitsPerAccount)
    throw overQuota(`All tables together may have at most ${quotas.unitsPerAccount} provisioned units.`);
}

/** When a table's capacity was changed so far. */
export interface CapacityHistory {
  readonly switchedAtMs: number | undefined;
  readonly decreasedAtMs: readonly number[];
}

/** The history after this change; throws when it came too soon (one switch of mode a day; four decreases a day, and one an hour). */
export function recordCapacity(
  history: CapacityHistory,
  { before, after }: { readonly before: Capacity; readonly after: Capacity },
  quotas: Pick<Quotas, 'modeSwitchMs' | 'decreasesPerDay'>,
  nowMs: number,
): CapacityHistory {
  if (before.mode !== after.mode) {
    if (history.switchedAtMs !== undefined && nowMs - history.switchedAtMs < quotas.modeSwitchMs)
      throw overQuota('The capacity mode can be changed once in 24 hours.');
    return { ...history, switchedAtMs: nowMs };
  }
  const [[reads, writes], [newReads, newWrites]] = [provisioned(before), provisioned(after)];
  if (reads === newReads && writes === newWrites) throw invalid('The table has this capacity.');
  if (newReads >= reads && newWrites >= writes) return history;
  const today = history.decreasedAtMs.filter((atMs) => nowMs - atMs < dayMs);
  const isEarly = today.length >= quotas.decreasesPerDay && today.some((atMs) => nowMs - atMs < hourMs);
  if (isEarly) throw overQuota('The provisioned capacity was lowered too often today.');
  return { ...history, decreasedAtMs: [...today, nowMs] };
}

function provisioned(capacity: Capacity): readonly [reads: number, writes: number] {
  return capacity.mode === 'PROVISIONED' ? [capacity.readUnits, capacity.writeUnits] : [0, 0];
}
