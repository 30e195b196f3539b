/** Counts of latencies in buckets that grow by a tenth, so that counts of many workers can be added. */
export type LatencyCounts = Readonly<Record<string, number>>;

const growth = Math.log(1.1);

export function countLatencies(all: readonly number[]): LatencyCounts {
  const counts: Record<string, number> = {};
  for (const ms of all) {
    const bucket = Math.ceil(Math.log(Math.max(1, ms)) / growth);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

export function addLatencies(a: LatencyCounts, b: LatencyCounts): LatencyCounts {
  const sum: Record<string, number> = { ...a };
  for (const [bucket, count] of Object.entries(b)) sum[bucket] = (sum[bucket] ?? 0) + count;
  return sum;
}

/** The latency, in ms and good to a tenth, that `share` of all stay within; undefined without any. */
export function percentile(counts: LatencyCounts, share: number): number | undefined {
  const buckets = Object.entries(counts).sort(([a], [b]) => Number(a) - Number(b));
  const wanted = share * buckets.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  for (const [bucket, count] of buckets) {
    passed += count;
    if (passed >= wanted) return Math.round(Math.exp(Number(bucket) * growth));
  }
  return undefined;
}
