/**
 * What copying and comparing cost by themselves: pages that are there at once, a target that takes everything, no sockets. A short and a long run of
 * each, and what a million narrow rows more cost, without starting and warming up. Run: node bench/own-code.ts [rows of the long run]
 */
import { systemClock } from '../src/adapters/clock.ts';
import { createTargetWriter } from '../src/apply/target-writer.ts';
import { maxToken, minToken } from '../src/model/token.ts';
import { keyspacesWindow } from '../src/model/write-timestamp.ts';
import type { PackedPage } from '../src/ports/table-reader.ts';
import type { TargetKeyspace } from '../src/ports/target-keyspace.ts';
import { copySplit } from '../src/snapshot/copy-split.ts';
import { compareSplit, type Sides } from '../src/validation/compare-split.ts';
import { aTable } from '../test/support/a-table.ts';
import { packPage } from '../test/support/in-memory-reader.ts';
import { benchTables } from './support/bench-tables.ts';

const longRun = Number(process.argv[2] ?? 2_000_000);
const shortRun = longRun / 10;
const rowsOfPage = 5_000;
const pagesKept = 8;
const ring = { start: minToken, end: maxToken };
const clock = systemClock();
const [narrow] = benchTables({});
const regulars = Object.fromEntries(narrow!.columns.slice(1).map(([name, type]) => [name, type]));
const table = aTable({ partitionKey: { id: 'bigint' }, regulars });

process.stdout.write('| work | CPU s, short run | long run | CPU s for each million rows more |\n|---|---|---|---|\n');
const pages = { forGood: pagesOf(null), source: pagesOf(5_000), target: pagesOf(5_001) };
await show('copy', (rows) => copy(rows, pages.forGood));
await show('validation', (rows) => compare(rows, pages.forGood, pages.forGood));
await show('validation, all values expire', (rows) => compare(rows, pages.source, pages.target));

async function show(name: string, work: (rows: number) => Promise<void>): Promise<void> {
  const [short, long] = [await cpuOf(() => work(shortRun)), await cpuOf(() => work(longRun))];
  const slope = ((long - short) * 1e6) / (longRun - shortRun);
  process.stdout.write(`| ${name} | ${short.toFixed(2)} | ${long.toFixed(2)} | ${slope.toFixed(2)} |\n`);
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function copy(rows: number, pages: readonly PackedPage[]): Promise<void> {
  const target: Pick<TargetKeyspace, 'write' | 'writeRows' | 'writeCapacity'> = {
    write: async () => {},
    writeRows: async () => {},
    writeCapacity: async () => undefined,
  };
  const report = () => {};
  const { writtenRows } = await copySplit(
    { id: 'narrow/0', table: table.name, tableId: table.id, range: ring },
    table,
    {
      source: { readTimed: () => repeated(pages, rows) },
      writer: createTargetWriter({ target, clock, report, maxInFlight: 256 }),
      pace: { take: async () => {} },
      deadLetters: { add: async () => {} },
      ...{ clock, report, window: keyspacesWindow, keyspace: 'moved', worker: 'bench', rowsAtOnce: 256 },
      mostBytes: Number.POSITIVE_INFINITY,
    },
  );
  if (Number(writtenRows) !== rows) throw new Error(`${writtenRows} of ${rows} rows`);
}

async function compare(rows: number, source: readonly PackedPage[], target: readonly PackedPage[]): Promise<void> {
  const side = (pages: readonly PackedPage[]) => ({ readPacked: () => repeated(pages, rows) });
  const sides = { source: side(source), target: side(target) } as unknown as Sides;
  const compared = await compareSplit({ sides, table, range: ring, clock });
  if (Number(compared.source.rows) !== rows || compared.differing.length > 0) throw new Error('the sides differ');
}

/** Rows as of the narrow table, each of whose values has so long to live. */
function pagesOf(ttlSeconds: number | null): readonly PackedPage[] {
  const ttls = narrow!.columns.slice(1).map(() => ttlSeconds);
  return Array.from({ length: pagesKept }, (_, page) =>
    packPage(
      Array.from({ length: rowsOfPage }, (_, row) => ({
        values: narrow!.columns.map(([, , value]) => value(page * rowsOfPage + row)),
        ttlSeconds: ttls,
        writeTimesMicros: [],
      })),
    ),
  );
}

async function* repeated(pages: readonly PackedPage[], rows: number): AsyncGenerator<PackedPage> {
  for (let page = 0; page < rows / rowsOfPage; page++) {
    await null;
    yield pages[page % pages.length]!;
  }
}
