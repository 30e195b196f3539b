import type { Split } from '../model/split.ts';
import type { Table } from '../model/table.ts';
import { maxToken, minToken, rangesOfRing, splitRange, type TokenRange } from '../model/token.ts';
import type { SizeEstimate } from '../ports/source-cluster.ts';

export interface TableToSplit {
  readonly table: Table;
  readonly estimate: SizeEstimate;
  /** Tables of a lower number come first; default: 0. */
  readonly order?: number;
}

export interface SplitSizing {
  readonly bytesPerSplit: number;
  readonly partitionsPerSplit: number;
  /** Of a table, however small: estimates know nothing of rows that were never flushed. */
  readonly fewest: number;
  /** Of a table, however large: each is a message, a ledger event and a row on somebody's screen. */
  readonly most: number;
}

/** A split is seconds to a few minutes of work: what a dead worker costs, and far from the window's reserve. */
export const usualSizing: SplitSizing = {
  bytesPerSplit: 32 * 1024 * 1024,
  partitionsPerSplit: 100_000,
  fewest: 8,
  most: 4096,
};

/**
 * Cuts each table into stretches that together hold every key once, in the order in which they are to be copied:
 * tables of one order side by side, and within a table each next split far away on the ring, so that no node is read alone.
 * The same facts give the same splits.
 */
export function planSplits(
  tables: readonly TableToSplit[],
  ringTokens: readonly bigint[],
  sizing: SplitSizing = usualSizing,
): readonly Split[] {
  const ring = rangesOfRing(ringTokens);
  const ordered = [...tables].sort((a, b) => (a.table.name < b.table.name ? -1 : 1));
  const orders = [...new Set(ordered.map(orderOf))].sort((a, b) => a - b);
  return orders.flatMap((order) =>
    sideBySide(ordered.filter((part) => orderOf(part) === order).map((part) => splitsOfTable(part, ring, sizing))),
  );
}

function orderOf({ order = 0 }: TableToSplit): number {
  return order;
}

/** How many splits a table of this size is worth. */
export function splitCountFor(estimate: SizeEstimate, sizing: SplitSizing = usualSizing): number {
  const byBytes = Math.ceil((estimate.partitions * estimate.meanPartitionBytes) / sizing.bytesPerSplit);
  const byPartitions = Math.ceil(estimate.partitions / sizing.partitionsPerSplit);
  return Math.min(sizing.most, Math.max(sizing.fewest, byBytes, byPartitions));
}

function splitsOfTable(part: TableToSplit, ring: readonly TokenRange[], sizing: SplitSizing): readonly Split[] {
  const ranges = cutRing(ring, splitCountFor(part.estimate, sizing));
  const { name, id } = part.table;
  const splits = ranges.map((range, number): Split => ({ id: `${name}/${number}`, table: name, tableId: id, range }));
  return farApart(splits);
}

/** About `count` stretches of about equal width, cut at the nodes' tokens where those lie dense enough. */
function cutRing(ring: readonly TokenRange[], count: number): readonly TokenRange[] {
  const share = (maxToken - minToken) / BigInt(count);
  return joinNarrow(ring, share).flatMap((range) => {
    const width = range.end - range.start;
    return splitRange(range, Number((width + share / 2n) / share));
  });
}

/** With many virtual nodes the stretches between their tokens are far too small for a split each. */
function joinNarrow(ring: readonly TokenRange[], share: bigint): readonly TokenRange[] {
  const joined: TokenRange[] = [];
  for (const range of ring) {
    const last = joined.at(-1);
    if (last && range.end - last.start <= share) joined[joined.length - 1] = { start: last.start, end: range.end };
    else joined.push(range);
  }
  return joined;
}

/** The order of reversed bits: 0, 1/2, 1/4, 3/4, 1/8, … of the way round the ring. */
function farApart(splits: readonly Split[]): readonly Split[] {
  const bits = Math.max(1, Math.ceil(Math.log2(splits.length)));
  return Array.from({ length: 2 ** bits }, (_, index) => splits[reverseBits(index, bits)]).filter(
    (split) => split !== undefined,
  );
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

/** Each table advances by the same part of itself, so all end at about the same time. */
function sideBySide(tables: readonly (readonly Split[])[]): readonly Split[] {
  return tables
    .flatMap((splits, table) =>
      splits.map((split, index) => ({ split, table, progress: (index + 0.5) / splits.length })),
    )
    .sort((a, b) => a.progress - b.progress || a.table - b.table)
    .map(({ split }) => split);
}
