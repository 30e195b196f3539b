import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { compareRows, isExpiring, type RowDifference, type SeenRow } from './compare-rows.ts';
import { type KeyedRow, type ReadTable, readKey, readStretch, readTables, type Stretch } from './table-reader.ts';

export interface Difference extends RowDifference {
  readonly table: string;
  readonly key: string;
}

interface ComparedTable {
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
}

export interface Comparison {
  readonly tables: readonly ComparedTable[];
  readonly differences: readonly Difference[];
}

export interface Sides {
  readonly source: Client;
  readonly target: Client;
}

const stretchCount = 24;
const stretchesAtOnce = 2;
/** A row with a part that expires is looked at again this often, a second apart: its two reads had different seconds. */
const looksAgain = 4;

/**
 * Reads every table of both sides whole, through the driver and nothing of ours, and tells all differences. Nothing may
 * write to the source meanwhile. The keyspaces are those that the clients are in.
 */
export async function compareKeyspaces(sides: Sides, signal?: AbortSignal): Promise<Comparison> {
  const tables: ComparedTable[] = [];
  const differences: Difference[] = [];
  for (const table of await readTables(sides.source, sides.source.keyspace)) {
    const stretches = allStretches();
    const counts = { sourceRows: 0, targetRows: 0 };
    const lane = async () => {
      for (const stretch of stretches) {
        signal?.throwIfAborted();
        const compared = await compareStretch(sides, table, stretch);
        counts.sourceRows += compared.sourceRows;
        counts.targetRows += compared.targetRows;
        differences.push(...compared.differences);
      }
    };
    await Promise.all(Array.from({ length: stretchesAtOnce }, lane));
    tables.push({ table: table.name, ...counts });
  }
  return { tables, differences };
}

async function compareStretch(sides: Sides, table: ReadTable, stretch: Stretch) {
  const [source, target] = await Promise.all([
    readAll(sides.source, table, stretch),
    readAll(sides.target, table, stretch),
  ]);
  const suspects = [...new Set([...source.keys(), ...target.keys()])]
    .map((keyText) => ({ source: source.get(keyText), target: target.get(keyText) }))
    .filter((pair) => compareRows(pair.source?.row, pair.target?.row).length > 0);
  const settled = await Promise.all(suspects.map((pair) => settle(sides, table, pair)));
  return { sourceRows: source.size, targetRows: target.size, differences: settled.flat() };
}

async function readAll(client: Client, table: ReadTable, stretch: Stretch): Promise<Map<string, KeyedRow>> {
  const rows = new Map<string, KeyedRow>();
  for await (const row of readStretch(client, table, stretch)) rows.set(row.keyText, row);
  return rows;
}

interface Pair {
  readonly source: KeyedRow | undefined;
  readonly target: KeyedRow | undefined;
}

/** Differences that stand: of a row in which nothing expires at once, of another when looks of the same second agree. */
async function settle(sides: Sides, table: ReadTable, pair: Pair): Promise<readonly Difference[]> {
  const { key, keyText } = (pair.source ?? pair.target)!;
  let seen: { source: SeenRow | undefined; target: SeenRow | undefined } = {
    source: pair.source?.row,
    target: pair.target?.row,
  };
  for (let look = 0; look < looksAgain; look++) {
    if (!isExpiring(seen.source) && !isExpiring(seen.target)) break;
    await sleep(1000);
    const [source, target] = await Promise.all([readKey(sides.source, table, key), readKey(sides.target, table, key)]);
    seen = { source, target };
    if (compareRows(source, target).length === 0) return [];
  }
  return compareRows(seen.source, seen.target).map((difference) => ({
    table: table.name,
    key: keyText,
    ...difference,
  }));
}

/** The whole ring in equal parts; one iterator, so that lanes share it. */
function* allStretches(): Generator<Stretch> {
  const [first, last] = [-(2n ** 63n), 2n ** 63n - 1n];
  const step = (last - first) / BigInt(stretchCount);
  for (let index = 0; index < stretchCount; index++) {
    const after = first + step * BigInt(index);
    yield { after, upTo: index === stretchCount - 1 ? last : after + step };
  }
}
