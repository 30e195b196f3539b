import type { Config, KeyspacesTarget } from '../config/config.ts';
import { type Prices, publishedPrices } from '../config/prices.ts';
import { copyingOf } from '../config/table-copying.ts';
import type { CellOverhead } from '../model/encoded-value.ts';
import type { Table } from '../model/table.ts';
import { estimateTable, type TableEstimate } from './estimate-table.ts';
import {
  type ProvisionedWork,
  provisioned,
  readsOnDemand,
  scanUnitsOf,
  storagePerMonth,
  writesOnDemand,
} from './price.ts';
import { spreadOfSum } from './ratio.ts';
import type { TableSample } from './table-sample.ts';

/** What of a table was read before, or why nothing was. */
export type Sampled = { readonly sample: TableSample } | { readonly failed: string };

/** What snapshot and validations read, write and cost. Of this moment, and no part of the plan that phases hold on to. */
export interface PlanCost {
  readonly tables: readonly TableCost[];
  /** Of the tables whose size is known. */
  readonly total: Cost & { readonly spread: number | undefined };
  /** Undefined for a target that is not bought by the unit. */
  readonly prices: (Prices & { readonly source: string; readonly otherRegions: readonly string[] }) | undefined;
  /** Provisioned: what a table takes. */
  readonly capacity: { readonly readUnits: number; readonly writeUnits: number } | undefined;
}

export interface TableCost {
  readonly name: string;
  readonly isCounter: boolean;
  /** Whether the snapshot reads remaining times. */
  readonly expires: boolean;
  /** Undefined: not known, and why. */
  readonly estimate: TableEstimate | undefined;
  readonly unknown: string | undefined;
  readonly cost: Cost | undefined;
}

export interface Cost {
  readonly rows: number;
  /** Of the answers that the snapshot reads from the source. */
  readonly copyBytes: number;
  /** Of the answers that a validation of everything reads from each side. */
  readonly validationBytes: number;
  /** Undefined for a target that is not bought by the unit. */
  readonly bill: Bill | undefined;
}

interface Bill {
  readonly writes: BilledUnits;
  /** Of one validation of everything. */
  readonly reads: BilledUnits;
  readonly storageBytes: number;
  readonly storageUsdMonth: number;
}

export interface BilledUnits {
  readonly units: number;
  readonly onDemandUsd: number;
  /** At the capacity that the configuration gives each table; undefined where it gives none. */
  readonly provisioned: ProvisionedWork | undefined;
}

interface SizedTable {
  readonly table: Table;
  readonly estimatedBytes: number | undefined;
}

export function planCost(
  config: Pick<Config, 'target' | 'snapshot'>,
  tables: readonly SizedTable[],
  sampled: ReadonlyMap<string, Sampled>,
): PlanCost {
  const { target } = config;
  const keyspaces = target.kind === 'keyspaces' ? target : undefined;
  const costs = tables.map((sized) => {
    const { expires } = copyingOf(sized.table.name, config);
    return costOf(sized, expires, sampled.get(sized.table.name), keyspaces);
  });
  const capacity = keyspaces?.settings.capacity;
  return {
    tables: costs,
    total: totalOf(costs, keyspaces !== undefined),
    prices: keyspaces && { ...keyspaces.prices, source: sourceOf(keyspaces), otherRegions: otherRegionsOf(keyspaces) },
    capacity: capacity?.mode === 'provisioned' ? capacity : undefined,
  };
}

function sourceOf({ prices, region }: KeyspacesTarget): string {
  const known = publishedPrices.prices;
  const own = (Object.keys(known) as (keyof Prices)[]).filter((name) => prices[name] !== known[name]);
  const published = `${publishedPrices.region} as published ${publishedPrices.published}`;
  if (own.length === Object.keys(known).length) return 'target.prices';
  if (own.length > 0) return `${published}, but ${own.join(', ')} of target.prices`;
  return region === publishedPrices.region ? published : `${published}; those of ${region} belong into target.prices`;
}

function otherRegionsOf({ region, replicaRegions }: KeyspacesTarget): readonly string[] {
  return replicaRegions.filter((other) => other !== region);
}

function costOf(
  { table, estimatedBytes }: SizedTable,
  expires: boolean,
  sampled: Sampled | undefined,
  target: KeyspacesTarget | undefined,
): TableCost {
  const { name, isCounter } = table;
  const about = { name, isCounter, expires };
  const without = (unknown: string): TableCost => ({ ...about, unknown, estimate: undefined, cost: undefined });
  if (!sampled) return without('nothing of it was read');
  if ('failed' in sampled) return without(sampled.failed);
  const estimate = estimateTable(sampled.sample, overheadOf(table, target), estimatedBytes ?? 0);
  if (!estimate)
    return without('its partitions are larger than a sample reads, and no node has an estimate of them yet');
  const { rows, answerBytes, ttl } = estimate;
  const copyBytes = expires ? answerBytes : answerBytes - ttl.answerBytes;
  const bill = target && billOf(estimate, target);
  return { ...about, estimate, unknown: undefined, cost: { rows, copyBytes, validationBytes: answerBytes, bill } };
}

/** As custom-properties.ts has tables created. */
function overheadOf({ isCounter }: Table, target: KeyspacesTarget | undefined): CellOverhead {
  return { hasTimestamps: !isCounter, hasTtl: !isCounter, regions: 1 + (target ? otherRegionsOf(target).length : 0) };
}

function billOf(estimate: TableEstimate, { prices, settings: { capacity } }: KeyspacesTarget): Bill {
  const { writeUnits, storageBytes } = estimate;
  const readUnits = scanUnitsOf(estimate.encodedBytes);
  const isProvisioned = capacity.mode === 'provisioned';
  return {
    writes: {
      units: writeUnits,
      onDemandUsd: writesOnDemand(writeUnits, prices),
      provisioned: isProvisioned ? provisioned(writeUnits, capacity.writeUnits, prices.writeUnitHour) : undefined,
    },
    reads: {
      units: readUnits,
      onDemandUsd: readsOnDemand(readUnits, prices),
      provisioned: isProvisioned ? provisioned(readUnits, capacity.readUnits, prices.readUnitHour) : undefined,
    },
    storageBytes,
    storageUsdMonth: storagePerMonth(storageBytes, prices),
  };
}

function totalOf(tables: readonly TableCost[], isBought: boolean): PlanCost['total'] {
  const costs = tables.flatMap(({ cost }) => cost ?? []);
  const bills = costs.flatMap(({ bill }) => bill ?? []);
  return {
    rows: sumOf(costs, ({ rows }) => rows),
    copyBytes: sumOf(costs, ({ copyBytes }) => copyBytes),
    validationBytes: sumOf(costs, ({ validationBytes }) => validationBytes),
    bill: isBought
      ? {
          writes: allOf(bills.map(({ writes }) => writes)),
          reads: allOf(bills.map(({ reads }) => reads)),
          storageBytes: sumOf(bills, ({ storageBytes }) => storageBytes),
          storageUsdMonth: sumOf(bills, ({ storageUsdMonth }) => storageUsdMonth),
        }
      : undefined,
    spread: spreadOf(tables),
  };
}

function allOf(parts: readonly BilledUnits[]): BilledUnits {
  const works = parts.flatMap((part) => part.provisioned ?? []);
  return {
    units: sumOf(parts, ({ units }) => units),
    onDemandUsd: sumOf(parts, ({ onDemandUsd }) => onDemandUsd),
    provisioned:
      works.length === 0
        ? undefined
        : // Tables have a capacity each, and are copied beside one another.
          { hours: Math.max(...works.map(({ hours }) => hours)), usd: sumOf(works, ({ usd }) => usd) },
  };
}

function sumOf<T>(parts: readonly T[], of: (part: T) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}

/** Undefined where one of them has none. */
function spreadOf(tables: readonly TableCost[]): number | undefined {
  const known = tables.flatMap(({ estimate }) => estimate ?? []);
  if (known.some(({ spread }) => spread === undefined)) return undefined;
  return spreadOfSum(known.map(({ writeUnits, spread }) => ({ value: writeUnits, spread: spread! })));
}
