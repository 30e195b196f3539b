import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { compareRows, isExpiring, type RowDifference, type SeenRow, ttlTolerance } from './compare-rows.ts';
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

export interface CompareOptions {
  /** At rows that expire, a second apart. */
  readonly looksAgain?: number;
  readonly signal?: AbortSignal;
}

const stretchCount = 24;
const stretchesAtOnce = 2;
/** When so many rows differ, none of them needs a second look. */
const mostSuspects = 2000;
const readsAtOnce = 16;

/**
 * Reads every table of both sides whole, through the driver and nothing of ours, and tells all differences. Nothing may
 * write to the source meanwhile. The keyspaces are those that the clients are in.
 */
export async function compareKeyspaces(sides: Sides, options: CompareOptions = {}): Promise<Comparison> {
  const { signal } = options;
  const tables: ComparedTable[] = [];
  const suspects: Suspect[] = [];
  for (const table of await readTables(sides.source, sides.source.keyspace)) {
    const counts = { sourceRows: 0, targetRows: 0 };
    await inLanes(allStretches(), stretchesAtOnce, signal, async (stretch) => {
      const compared = await compareStretch(sides, table, stretch);
      counts.sourceRows += compared.sourceRows;
      counts.targetRows += compared.targetRows;
      suspects.push(...compared.suspects);
    });
    tables.push({ table: table.name, ...counts });
  }
  const standing = suspects.length > mostSuspects ? suspects : await settle(sides, suspects, options);
  return { tables, differences: standing.flatMap(differencesOf) };
}

/** A row that differed at the last look. */
interface Suspect {
  readonly table: ReadTable;
  readonly key: KeyedRow['key'];
  readonly keyText: string;
  readonly source: SeenRow | undefined;
  readonly target: SeenRow | undefined;
}

async function compareStretch(sides: Sides, table: ReadTable, stretch: Stretch) {
  const [source, target] = await Promise.all([
    readAll(sides.source, table, stretch),
    readAll(sides.target, table, stretch),
  ]);
  const suspects = [...new Map([...source, ...target]).values()]
    .map(({ key, keyText }) => {
      const [ofSource, ofTarget] = [source.get(keyText)?.row, target.get(keyText)?.row];
      return { table, key, keyText, source: ofSource, target: ofTarget };
    })
    .filter((pair) => compareRows(pair.source, pair.target).length > 0);
  return { sourceRows: source.size, targetRows: target.size, suspects };
}

async function readAll(client: Client, table: ReadTable, stretch: Stretch): Promise<Map<string, KeyedRow>> {
  const rows = new Map<string, KeyedRow>();
  for await (const row of readStretch(client, table, stretch)) rows.set(row.keyText, row);
  return rows;
}

/**
 * Those that stand. A row with a part that expires is looked at each second until both sides agree, for as long as their
 * expiries may lie apart; another one is not looked at again: nothing writes any more.
 */
async function settle(
  sides: Sides,
  suspects: readonly Suspect[],
  { looksAgain = ttlTolerance, signal }: CompareOptions,
): Promise<readonly Suspect[]> {
  const standing = suspects.filter((suspect) => !mayExpire(suspect));
  let open = suspects.filter(mayExpire);
  for (let look = 0; look < looksAgain && open.length > 0; look++) {
    await sleep(1000, undefined, { signal });
    const next: Suspect[] = [];
    await inLanes(open[Symbol.iterator](), readsAtOnce, signal, async (suspect) => {
      const seen = await lookAgain(sides, suspect);
      if (compareRows(seen.source, seen.target).length > 0) next.push(seen);
    });
    open = next;
  }
  return [...standing, ...open];
}

function mayExpire({ source, target }: Suspect): boolean {
  return isExpiring(source) || isExpiring(target);
}

async function lookAgain(sides: Sides, suspect: Suspect): Promise<Suspect> {
  const { table, key } = suspect;
  const [source, target] = await Promise.all([readKey(sides.source, table, key), readKey(sides.target, table, key)]);
  return { ...suspect, source, target };
}

function differencesOf({ table, keyText, source, target }: Suspect): readonly Difference[] {
  return compareRows(source, target).map((difference) => ({ table: table.name, key: keyText, ...difference }));
}

async function inLanes<T>(
  items: Iterator<T>,
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const lane = async () => {
    for (let next = items.next(); !next.done; next = items.next()) {
      signal?.throwIfAborted();
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** The whole ring in equal parts. */
function* allStretches(): Generator<Stretch> {
  const [first, last] = [-(2n ** 63n), 2n ** 63n - 1n];
  const step = (last - first) / BigInt(stretchCount);
  for (let index = 0; index < stretchCount; index++) {
    const after = first + step * BigInt(index);
    yield { after, upTo: index === stretchCount - 1 ? last : after + step };
  }
}
