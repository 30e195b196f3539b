import type { CellOverhead } from '../model/encoded-value.ts';
import { rowMetadata, staticMetadata } from './encoded-size.ts';
import { type Measures, measurePartition, sumOf } from './measure-partition.ts';
import { type Ratio, ratioOf, spreadTogether } from './ratio.ts';
import type { TableSample } from './table-sample.ts';

/** How large a table is, as a sample of it tells. */
export interface TableEstimate {
  /** counted: all of it was read. sampled: by how densely the ring is settled. size estimates: the nodes' bytes by those of a row. */
  readonly basis: 'counted' | 'sampled' | 'size estimates';
  readonly sampledRows: number;
  readonly rows: number;
  readonly partitions: number;
  /** By which rows, units and bytes may be off, as a share of them; 0 if counted, undefined by size estimates. */
  readonly spread: number | undefined;
  /** On average, as Keyspaces counts it. */
  readonly encodedRowBytes: number;
  /** To write every row, and the static values of every partition, once. */
  readonly writeUnits: number;
  /** Rows and static values, without what storage adds. */
  readonly encodedBytes: number;
  readonly storageBytes: number;
  /** Of the answers when every row is read once with its remaining times, as a validation does. */
  readonly answerBytes: number;
  readonly ttl: {
    /** Of which a read tells the remaining time. */
    readonly columns: number;
    /** Of the answers, their part. */
    readonly answerBytes: number;
    /** Of the sampled ones. */
    readonly expiringRows: number;
  };
}

/** Undefined where nothing is known: partitions larger than the sample read, and no node has an estimate of their size. */
export function estimateTable(
  sample: TableSample,
  overhead: CellOverhead,
  estimatedBytes: number,
): TableEstimate | undefined {
  const measured = sample.stretches.map((stretch) => ({
    ...stretch,
    partitions: stretch.partitions.map((rows) => measurePartition(rows, sample.columns, overhead)),
  }));
  const all = sumOf(measured.flatMap(({ partitions }) => partitions));
  const isCut = measured.some((stretch) => stretch.isCut);
  const size = isCut ? byBytes(all, measured, estimatedBytes) : byDensity(measured);
  if (!size) return undefined;
  const { rows, partitions, spread, basis } = size;
  const each = (total: number, count: number) => (count === 0 ? 0 : total / count);
  const ofRows = (total: number) => rows * each(total, all.rows);
  const ofPartitions = (total: number) => partitions * each(total, all.partitions);
  const encodedBytes = ofRows(all.encoded) + ofPartitions(all.statics);
  return {
    ...{ basis, spread, sampledRows: all.rows },
    rows: Math.round(rows),
    partitions: Math.round(partitions),
    encodedRowBytes: each(all.encoded, all.rows),
    writeUnits: Math.round(ofRows(all.units) + ofPartitions(all.staticUnits)),
    encodedBytes: Math.round(encodedBytes),
    storageBytes: Math.round(encodedBytes + rows * rowMetadata + ofPartitions(all.withStatics) * staticMetadata),
    answerBytes: Math.round(ofRows(all.answer)),
    ttl: {
      columns: sample.ttlColumns,
      answerBytes: Math.round(ofRows(all.ttl)),
      expiringRows: all.expiring,
    },
  };
}

type MeasuredStretch = Omit<TableSample['stretches'][number], 'partitions'> & {
  readonly partitions: readonly Measures[];
};

interface Size extends Pick<TableEstimate, 'rows' | 'partitions' | 'spread' | 'basis'> {}

/**
 * Each stretch begins at a place that has nothing to do with the data and ends with a partition: what was met there by the share of the ring
 * it lay in is the whole, whatever the nodes' estimates, which know nothing of memtables and count a partition in several SSTables several times.
 */
function byDensity(stretches: readonly MeasuredStretch[]): Size | undefined {
  if (stretches.length === 0) return undefined;
  const isCounted = stretches.every(({ isWhole }) => isWhole) && coversRing(stretches);
  const density = densityOf(stretches);
  const perPartition = (what: 'rows' | 'units' | 'encoded') =>
    ratioOf(stretches.map(({ partitions }) => ({ of: sumOf(partitions)[what], to: partitions.length })));
  const spreads = (['rows', 'units', 'encoded'] as const).map((what) => perPartition(what).spread);
  return {
    basis: isCounted ? 'counted' : 'sampled',
    rows: density.value * perPartition('rows').value,
    partitions: density.value,
    spread: isCounted ? 0 : spreadTogether(density.spread, Math.max(...spreads)),
  };
}

function coversRing(stretches: readonly MeasuredStretch[]): boolean {
  return stretches.reduce((sum, { share }) => sum + share, 0) > 1 - 1e-9;
}

function densityOf(stretches: readonly MeasuredStretch[]): Ratio {
  return ratioOf(stretches.map(({ keys }) => ({ of: keys.count, to: keys.share })));
}

/** Of partitions whose rows were not all read. */
function byBytes(all: Measures, stretches: readonly MeasuredStretch[], estimatedBytes: number): Size | undefined {
  if (estimatedBytes === 0 || all.rows === 0) return undefined;
  return {
    basis: 'size estimates',
    rows: estimatedBytes / (all.onDisk / all.rows),
    partitions: densityOf(stretches).value,
    spread: undefined,
  };
}
