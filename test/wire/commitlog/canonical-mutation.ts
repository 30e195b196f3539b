import type { Cell, Deletion, Mutation, PartitionUpdate, RowChange, SliceBound } from '../../../src/model/mutation.ts';

/*
 * Two ways to one form: a mutation of ours, and a line that Cassandra's reader printed. The model pairs range markers, so the
 * markers of the line are paired here, by code of its own. What the model leaves out is left out on both sides: the local time of
 * a deleted cell, and "shadowable".
 */

interface CanonicalUpdate {
  readonly table: string;
  readonly key: string;
  readonly deletion: CanonicalDeletion;
  readonly staticRow: CanonicalRow | null;
  readonly rows: readonly CanonicalRow[];
  readonly ranges: readonly unknown[];
}

/** Timestamp, local deletion time. */
type CanonicalDeletion = readonly [string, number] | null;

interface CanonicalRow {
  readonly clustering: readonly string[];
  readonly marker: readonly [string, number, number | null] | null;
  readonly deletion: CanonicalDeletion;
  readonly columnDeletions: readonly unknown[];
  readonly cells: readonly unknown[];
}

export interface CanonicalMutation {
  readonly position: number;
  readonly updates: readonly CanonicalUpdate[];
}

export function canonicalMutation(mutation: Mutation, position: number): CanonicalMutation {
  return { position, updates: mutation.updates.map(canonicalUpdate) };
}

export function canonicalLine(line: string): CanonicalMutation {
  return canonicalOracleMutation(JSON.parse(line) as OracleMutation);
}

export function canonicalOracleMutation({ p, u }: OracleMutation): CanonicalMutation {
  return { position: p, updates: u.map(canonicalOracleUpdate) };
}

function canonicalUpdate(update: PartitionUpdate): CanonicalUpdate {
  return {
    table: `${update.table.keyspace}.${update.table.name}`,
    key: hex(update.partitionKey),
    deletion: canonicalDeletion(update.partitionDeletion),
    staticRow: update.staticRow ? canonicalRow(update.staticRow) : null,
    rows: update.rows.map(canonicalRow),
    ranges: update.rangeDeletions.map((range) => ({
      start: canonicalBound(range.start),
      end: canonicalBound(range.end),
      deletion: canonicalDeletion(range),
    })),
  };
}

function canonicalRow(row: RowChange): CanonicalRow {
  const { marker } = row;
  return {
    clustering: row.clustering.map(hex),
    marker: marker
      ? [String(marker.timestampMicros), marker.expiry?.ttlSeconds ?? 0, marker.expiry?.expiresAtSeconds ?? null]
      : null,
    deletion: canonicalDeletion(row.deletion),
    columnDeletions: row.columnDeletions.map((deletion) => [deletion.column.name, ...canonicalDeletion(deletion)!]),
    cells: row.cells.map(canonicalCell),
  };
}

function canonicalCell(cell: Cell): unknown {
  return [
    cell.column.name,
    cell.path ? hex(cell.path) : null,
    String(cell.timestampMicros),
    cell.expiry?.ttlSeconds ?? 0,
    cell.expiry?.expiresAtSeconds ?? null,
    cell.value === undefined ? null : hex(cell.value),
  ];
}

function canonicalDeletion(deletion: Deletion | undefined): CanonicalDeletion {
  return deletion ? [String(deletion.timestampMicros), deletion.localDeletionTime] : null;
}

function canonicalBound(bound: SliceBound): unknown {
  return { values: bound.values.map(hex), isInclusive: bound.isInclusive };
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

/** A line of Cassandra's reader: segment id, position of the record's end, partition updates. */
export interface OracleMutation {
  readonly g: string;
  readonly p: number;
  readonly u: readonly OracleUpdate[];
}

export interface OracleUpdate {
  /** keyspace.table */
  readonly t: string;
  readonly k: string;
  readonly d: CanonicalDeletion;
  readonly s: OracleRow | null;
  readonly i: readonly (OracleRow | OracleMarker)[];
}

export interface OracleRow {
  readonly c: readonly string[];
  readonly l: readonly [string, number, number | null] | null;
  /** With "shadowable" as its third part. */
  readonly d: readonly [string, number, boolean] | null;
  readonly x: readonly unknown[];
  readonly v: readonly (readonly [string, string | null, string, number, number | null, boolean, string])[];
}

interface OracleMarker {
  readonly b: string;
  readonly c: readonly string[];
  readonly d: CanonicalDeletion;
  readonly o: CanonicalDeletion;
}

function canonicalOracleUpdate(update: OracleUpdate): CanonicalUpdate {
  return {
    table: update.t,
    key: update.k,
    deletion: update.d,
    staticRow: update.s && canonicalOracleRow(update.s),
    rows: update.i.filter((item) => !('b' in item)).map((item) => canonicalOracleRow(item as OracleRow)),
    ranges: pairMarkers(update.i.filter((item) => 'b' in item)),
  };
}

function canonicalOracleRow(row: OracleRow): CanonicalRow {
  return {
    clustering: row.c,
    marker: row.l,
    deletion: row.d && [row.d[0], row.d[1]],
    columnDeletions: row.x,
    cells: row.v.map(([column, path, timestamp, ttl, localTime, isTombstone, value]) =>
      isTombstone ? [column, path, timestamp, 0, null, null] : [column, path, timestamp, ttl, localTime, value],
    ),
  };
}

function pairMarkers(markers: readonly OracleMarker[]): unknown[] {
  const ranges: unknown[] = [];
  let start: unknown;
  for (const { b: bound, c: values, d: deletion, o: opened } of markers) {
    if (/^(incl|excl)_end/.test(bound))
      ranges.push({ start, end: { values, isInclusive: bound.startsWith('incl_end') }, deletion });
    if (/start$/.test(bound)) start = { values, isInclusive: bound.endsWith('incl_start') };
    if (opened) expectBoundary(bound);
  }
  return ranges;
}

function expectBoundary(bound: string): void {
  if (!/_end_.*_start$/.test(bound)) throw new Error(`a ${bound} marker with two deletions`);
}
