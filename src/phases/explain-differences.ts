import { isMulticell } from '../model/cql-type.ts';
import { type Difference, expiryOf, isStaticKey } from '../model/difference.ts';
import { type Column, keyColumns, regularColumns, staticColumns, type Table } from '../model/table.ts';
import { inParallel } from '../validation/in-parallel.ts';
import { likelyReason } from '../validation/likely-reason.ts';
import type { WorkerContext } from './phase-context.ts';
import { sidesOf } from './sides-of.ts';

/** More are alike, or too many to look at one by one. */
const mostExplained = 200;
const rowsAtOnce = 16;

/** Reads the write times of the first rows that differ for certain, on both sides, and says where to look first. */
export async function explainDifferences(
  context: WorkerContext,
  tables: readonly Table[],
  differences: readonly Difference[],
): Promise<readonly Difference[]> {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const handOverMicros = context.ledger.state.handOver?.instantMicros ?? 0n;
  const certain = differences.filter(({ kind }) => kind !== 'pending').slice(0, mostExplained);
  const explained = await inParallel(certain, rowsAtOnce, context.signal, async (difference) => {
    const table = byName.get(difference.table)!;
    const [source, target] = await Promise.all([
      newestWrite('source', table, difference, context),
      newestWrite('target', table, difference, context),
    ]);
    return {
      ...difference,
      written: { source, target, likely: likelyReason(difference, { source, target }, handOverMicros) },
    };
  });
  const found = new Map(certain.map((difference, index) => [difference, explained[index]!]));
  return differences.map((difference) => found.get(difference) ?? difference);
}

async function newestWrite(
  side: 'source' | 'target',
  table: Table,
  { key, columns }: Difference,
  context: WorkerContext,
): Promise<bigint | undefined> {
  const timed = (isStaticKey(key, table) ? staticColumns(table) : regularColumns(table)).filter(
    (column) =>
      hasWriteTime(column) &&
      (columns.length === 0 || columns.includes(column.name) || columns.includes(expiryOf(column.name))),
  );
  if (timed.length === 0) return undefined;
  const pages = sidesOf(context)[side].readPartition({
    table,
    columns: keyColumns(table),
    writeTimeColumns: timed,
    partitionKey: key.partitionKey,
    clustering: key.clustering,
    pageSize: 1,
    signal: context.signal,
  });
  for await (const page of pages) {
    const times = (page[0]?.writeTimesMicros ?? []).filter((time) => time !== null);
    if (page.length > 0) return times.reduce<bigint | undefined>(newer, undefined);
  }
  return undefined;
}

function hasWriteTime({ type }: Column): boolean {
  return !isMulticell(type) && type.name !== 'counter';
}

function newer(newest: bigint | undefined, time: bigint): bigint {
  return newest === undefined || time > newest ? time : newest;
}
