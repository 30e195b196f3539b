import { emptyBooks, type StreamBooks } from '../../model/stream-books.ts';
import { connectPulsar } from '../../wire/pulsar/connect-pulsar.ts';
import type { Reader } from '../../wire/pulsar/types.ts';

/** What a worker says each second of one partition of the changes. */
export interface ProgressReport {
  readonly worker: string;
  readonly partition: number;
  readonly atMs: number;
  /** Since the worker took the partition. */
  readonly books: StreamBooks;
  /** Counts by bucket; bucket n holds what took up to 1.1^n ms. */
  readonly latency: Readonly<Record<string, number>>;
}

export interface StreamRecord {
  readonly books: StreamBooks;
  readonly lagMs: { readonly p50: number | undefined; readonly p99: number | undefined };
}

/** Everything that all workers ever said, those included that were killed: the newest words alone know nothing of them. */
export async function readReports(
  serviceUrl: string,
  topic: string,
  signal?: AbortSignal,
): Promise<readonly ProgressReport[]> {
  const client = await connectPulsar({ serviceUrl, signal });
  try {
    return await readToEnd(await client.reader({ topic, start: 'earliest', signal }), signal);
  } finally {
    await client.close();
  }
}

/** Adds up the books of all workers; the lag is that of changes applied after `steadyFromMs`. */
export function foldReports(reports: readonly ProgressReport[], steadyFromMs: number): StreamRecord {
  const stretches = stretchesOf(reports);
  const books = stretches.map((stretch) => stretch.at(-1)!.books).reduce(addCounts, emptyBooks);
  const latency = stretches.map((stretch) => latencySince(stretch, steadyFromMs)).reduce(addCounts, {});
  return { books, lagMs: { p50: percentile(latency, 0.5), p99: percentile(latency, 0.99) } };
}

async function readToEnd(reader: Reader, signal?: AbortSignal): Promise<readonly ProgressReport[]> {
  const last = await reader.lastMessageId(signal);
  const reports: ProgressReport[] = [];
  while (reader.hasMoreBefore(last)) {
    const message = await reader.receive(signal);
    if (!message) break;
    const { worker, partition, books, latency } = JSON.parse(message.payload.toString());
    if (books && latency) reports.push({ worker, partition, books, latency, atMs: message.publishTimeMs });
  }
  return reports;
}

/** One for each time that a worker held a partition: its counts begin at zero and never fall. */
function stretchesOf(reports: readonly ProgressReport[]): readonly (readonly ProgressReport[])[] {
  const stretches: ProgressReport[][] = [];
  const current = new Map<string, ProgressReport[]>();
  for (const report of reports) {
    const holder = `${report.worker} ${report.partition}`;
    const stretch = current.get(holder);
    if (stretch && stretch.at(-1)!.books.received <= report.books.received) stretch.push(report);
    else {
      const begun = [report];
      current.set(holder, begun);
      stretches.push(begun);
    }
  }
  return stretches;
}

function latencySince(stretch: readonly ProgressReport[], sinceMs: number): Readonly<Record<string, number>> {
  const before = stretch.findLast((report) => report.atMs < sinceMs)?.latency ?? {};
  const entries = Object.entries(stretch.at(-1)!.latency);
  return Object.fromEntries(entries.map(([bucket, count]) => [bucket, count - (before[bucket] ?? 0)]));
}

function addCounts<T extends object>(a: T, b: T): T {
  const counts = { ...a } as Record<string, number>;
  for (const [name, count] of Object.entries(b)) counts[name] = (counts[name] ?? 0) + count;
  return counts as T;
}

function percentile(counts: Readonly<Record<string, number>>, share: number): number | undefined {
  const buckets = Object.entries(counts).sort(([a], [b]) => Number(a) - Number(b));
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  for (const [bucket, count] of buckets) {
    passed += count;
    if (all > 0 && passed >= share * all) return Math.round(1.1 ** Number(bucket));
  }
  return undefined;
}
