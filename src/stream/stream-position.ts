import type { PartitionProgress } from './partition-progress.ts';

/** Where the stream is, over all partitions and nodes. */
export interface StreamPosition {
  /** Everything that any node's log held up to this instant is applied; undefined: it cannot be known, see `unknownBecause`. */
  readonly streamTimeMicros: bigint | undefined;
  readonly unknownBecause: string | undefined;
  /** The newest word of each partition. */
  readonly partitions: ReadonlyMap<number, PartitionProgress>;
  /** Nonces that every partition has drained. */
  readonly drained: ReadonlySet<string>;
}

export interface StreamExpectation {
  readonly partitionCount: number;
  /** Host ids. */
  readonly nodes: readonly string[];
  readonly nowMicros: bigint;
}

/** A worker that has been silent for longer may be dead. */
const freshMicros = 10_000_000n;

export function foldProgress(reports: Iterable<PartitionProgress>, expected: StreamExpectation): StreamPosition {
  const partitions = new Map<number, PartitionProgress>();
  for (const report of reports) {
    const known = partitions.get(report.partition);
    const newest = known && known.atMicros >= report.atMicros ? known : report;
    // A drain that is done stays done, also when its worker has left and the next one does not know of it.
    partitions.set(report.partition, { ...newest, drained: union(known?.drained ?? [], report.drained) });
  }
  const unknownBecause = whyUnknown(partitions, expected);
  return {
    streamTimeMicros: unknownBecause === undefined ? leastWatermark(partitions, expected.nodes) : undefined,
    unknownBecause,
    partitions,
    drained: drainedEverywhere(partitions, expected.partitionCount),
  };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}

function whyUnknown(
  partitions: ReadonlyMap<number, PartitionProgress>,
  { partitionCount, nodes, nowMicros }: StreamExpectation,
): string | undefined {
  for (let partition = 0; partition < partitionCount; partition++) {
    const progress = partitions.get(partition);
    if (!progress || progress.atMicros < nowMicros - freshMicros) return `no worker reports on partition ${partition}`;
    const silent = nodes.find((node) => progress.watermarks[node] === undefined);
    if (silent !== undefined) return `no watermark of node ${silent} has passed partition ${partition}`;
  }
  return undefined;
}

function leastWatermark(
  partitions: ReadonlyMap<number, PartitionProgress>,
  nodes: readonly string[],
): bigint | undefined {
  const all = [...partitions.values()].flatMap(({ watermarks }) => nodes.map((node) => watermarks[node]!));
  return all.reduce<bigint | undefined>(
    (least, mark) => (least === undefined || mark < least ? mark : least),
    undefined,
  );
}

function drainedEverywhere(
  partitions: ReadonlyMap<number, PartitionProgress>,
  partitionCount: number,
): ReadonlySet<string> {
  const [first, ...others] = [...partitions.values()].map(({ drained }) => drained);
  if (first === undefined || partitions.size < partitionCount) return new Set();
  return new Set(first.filter((nonce) => others.every((drained) => drained.includes(nonce))));
}
