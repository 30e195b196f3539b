import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { demoTables, rowsOfTable } from './demo-schema.ts';
import type { DemoTable, OperationKind, Statement } from './demo-table.ts';
import { type RandomSource, seededRandom } from './seeded-random.ts';

export interface ApplicationOptions {
  readonly allRows: number;
  readonly operationsPerSecond: number;
  readonly seed: number;
  readonly onProgress?: (counts: ApplicationCounts) => void;
}

export interface ApplicationCounts {
  /** By table and kind, as `orders: delete range`. */
  readonly done: Readonly<Record<string, number>>;
  /** Refused or without an answer: whether they happened, only the source knows. */
  readonly failed: number;
  readonly lastError?: string;
}

/** One key in four is of these few, so that changes of one row meet each other on their way. */
const hotRows = 40;
const hotShare = 0.25;
/** Beyond the rows that were there at the start. */
const newShare = 0.04;
const mostInFlight = 64;
const tickMs = 20;

/** Writes to all tables in every way that CQL knows, until `stop` aborts; answers when the last write is done. */
export async function runApplication(
  client: Client,
  options: ApplicationOptions,
  stop: AbortSignal,
): Promise<ApplicationCounts> {
  const random = seededRandom(options.seed);
  const done: Record<string, number> = {};
  const inFlight = new Set<Promise<void>>();
  let failed = 0;
  let lastError: string | undefined;
  const begin = performance.now();
  for (let started = 0; !stop.aborted; await pause(stop)) {
    const due = Math.floor(((performance.now() - begin) / 1000) * options.operationsPerSecond);
    for (; started < due && inFlight.size < mostInFlight; started++) startOne();
    // What could not be started in time is left out: a slow source gets fewer operations, not a burst afterwards.
    started = due;
    options.onProgress?.(counts());
  }
  await Promise.all(inFlight);
  return counts();

  function startOne(): void {
    const { table, kind } = pickKind(random);
    const statements = kind.statements(pickRow(table, options.allRows, random), random);
    const name = `${table.name}: ${kind.name}`;
    const sent: Promise<void> = send(client, kind, statements, random)
      .then(() => {
        done[name] = (done[name] ?? 0) + 1;
      })
      .catch((error: Error) => {
        failed++;
        lastError = `${name}: ${error.message}`;
      })
      .finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }

  function counts(): ApplicationCounts {
    return { done, failed, ...(lastError !== undefined && { lastError }) };
  }
}

async function send(
  client: Client,
  kind: OperationKind,
  statements: readonly Statement[],
  random: RandomSource,
): Promise<void> {
  const [only] = statements;
  // Both kinds of applications: those whose driver stamps the writes, and those that leave it to the server.
  const stamped = random.chance(0.5) ? {} : { timestamp: null as unknown as number };
  if (statements.length === 1) await client.execute(only!.cql, [...only!.values], { prepare: true, ...stamped });
  else {
    const queries = statements.map(({ cql, values }) => ({ query: cql, params: [...values] }));
    await client.batch(queries, { prepare: true, logged: kind.batch !== 'unlogged', ...stamped });
  }
}

const kinds = demoTables.flatMap((table) => table.operations.map((kind) => ({ table, kind })));
const allWeights = kinds.reduce((sum, { kind }) => sum + kind.weight, 0);

function pickKind(random: RandomSource): { table: DemoTable; kind: OperationKind } {
  let left = (random.below(1_000_000) / 1_000_000) * allWeights;
  const picked = kinds.find(({ kind }) => {
    left -= kind.weight;
    return left < 0;
  });
  return picked ?? kinds.at(-1)!;
}

function pickRow(table: DemoTable, allRows: number, random: RandomSource): number {
  const rows = rowsOfTable(table, allRows);
  if (random.chance(hotShare)) return random.below(Math.min(hotRows, rows));
  return random.below(Math.ceil(rows * (1 + newShare)));
}

async function pause(stop: AbortSignal): Promise<void> {
  await sleep(tickMs, undefined, { signal: stop }).catch(() => {});
}
