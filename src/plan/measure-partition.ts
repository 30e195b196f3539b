import { isMulticell } from '../model/cql-type.ts';
import type { CellOverhead } from '../model/encoded-value.ts';
import type { Column } from '../model/table.ts';
import { writeUnitsOf } from '../model/write-capacity.ts';
import { encodedSizeOf } from './encoded-size.ts';
import type { SampledPartition, SampledRow } from './table-sample.ts';

/** Of sampled rows: how many of what, and bytes. */
export interface Measures {
  readonly partitions: number;
  readonly rows: number;
  readonly encoded: number;
  readonly units: number;
  readonly withStatics: number;
  readonly statics: number;
  readonly staticUnits: number;
  readonly answer: number;
  readonly ttl: number;
  readonly expiring: number;
  readonly onDisk: number;
}

const nothing: Measures = {
  ...{ partitions: 0, rows: 0, encoded: 0, units: 0, withStatics: 0, statics: 0, staticUnits: 0 },
  ...{ answer: 0, ttl: 0, expiring: 0, onDisk: 0 },
};

export function sumOf(parts: readonly Measures[]): Measures {
  const names = Object.keys(nothing) as (keyof Measures)[];
  return Object.fromEntries(
    names.map((name) => [name, parts.reduce((sum, part) => sum + part[name], 0)]),
  ) as unknown as Measures;
}

export function measurePartition(rows: SampledPartition, columns: readonly Column[], overhead: CellOverhead): Measures {
  const sizes = rows.map(({ values }) => encodedSizeOf(columns, values, overhead));
  const statics = sizes[0]?.statics ?? 0;
  const ofRows = sumOf(rows.map((row, index) => measureRow(row, sizes[index]!.row, columns)));
  return {
    ...ofRows,
    partitions: 1,
    withStatics: statics > 0 ? 1 : 0,
    statics,
    // Written apart from the rows, once a partition.
    staticUnits: writeUnitsOf(statics),
  };
}

function measureRow({ values, ttlSeconds }: SampledRow, encoded: number, columns: readonly Column[]): Measures {
  const ttl = ttlSeconds.reduce<number>((bytes, seconds) => bytes + lengthBytes + (seconds === null ? 0 : intBytes), 0);
  const answer = values.reduce((bytes, value) => bytes + lengthBytes + (value?.length ?? 0), ttl);
  return {
    ...nothing,
    rows: encoded > 0 ? 1 : 0,
    encoded,
    units: writeUnitsOf(encoded),
    answer,
    ttl,
    expiring: ttlSeconds.some((seconds) => seconds !== null) ? 1 : 0,
    onDisk: rowOnDisk(values, columns),
  };
}

const lengthBytes = 4;
const intBytes = 4;

/**
 * About what a row takes in an SSTable before it is compressed: flags, sizes and a write time for the row, a byte for the flags of a cell and one
 * for its length; an element of a collection has a path and mostly a write time, too.
 */
function rowOnDisk(values: SampledRow['values'], columns: readonly Column[]): number {
  return columns.reduce((bytes, { kind, type }, index) => {
    const value = values[index] ?? null;
    if (value === null || kind === 'partition_key' || kind === 'static') return bytes;
    return bytes + value.length + (isMulticell(type) ? collectionOnDisk : cellOnDisk);
  }, bareRowOnDisk);
}

const bareRowOnDisk = 9;
const cellOnDisk = 2;
const collectionOnDisk = 16;
