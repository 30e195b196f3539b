import type {
  Cell,
  Expiry,
  PartitionUpdate,
  RangeDeletion,
  RowChange,
  SliceBound,
} from '../../../src/model/mutation.ts';
import { day, handOver, hour, minute, second, secondsOf } from './instants.ts';
import type { Random } from './random.ts';
import {
  clusterings,
  int32,
  keyText,
  mapColumn,
  partitionKeys,
  simpleColumns,
  staticText,
  table,
} from './simulated-table.ts';

export const replicaCount = 3;

/** How often a write of a common history takes the timestamp of another one. */
export const fewTies = 0.01;

/** One write of the application, acknowledged at consistency ONE. */
export interface Operation {
  readonly at: bigint;
  readonly update: PartitionUpdate;
  /** When each replica has it. */
  readonly arrivals: readonly bigint[];
}

/**
 * How the application writes a row. CQL cannot tell a reader whether a marker outlives the cells, so a row has one of
 * three lives: inserted for good, never inserted, or always written with the same TTL.
 */
type RowStyle = 'inserted' | 'updated' | 'expiring';

interface Writer {
  readonly random: Random;
  readonly styles: ReadonlyMap<string, RowStyle>;
  readonly ttlSeconds: number;
  readonly tieProbability: number;
  readonly outages: readonly (readonly Outage[])[];
  /** By partition. */
  readonly usedTimestamps: Map<Buffer, bigint[]>;
  values: number;
}

interface Stamp {
  readonly at: bigint;
  readonly timestampMicros: bigint;
}

/** All writes of a run: most around the hand-over or two days before the sink's work, where the rule's edges are. */
export function generateHistory(random: Random, sinkStart: bigint, tieProbability = fewTies): readonly Operation[] {
  const writer = writerOf(random, sinkStart, tieProbability);
  const count = 6 + random.int(20);
  const times = Array.from({ length: count }, () => timeOfWrite(random, sinkStart)).sort((a, b) => (a < b ? -1 : 1));
  return [...oldRows(writer), ...times.map((at) => operationAt(at, writer))];
}

function writerOf(random: Random, sinkStart: bigint, tieProbability: number): Writer {
  const keys = partitionKeys.flatMap((key) => clusterings.map((clustering) => rowKey(key, clustering)));
  const styles = new Map(
    keys.map((key) => [key, random.pick(['inserted', 'inserted', 'updated', 'expiring'] as const)]),
  );
  return {
    random,
    styles,
    ttlSeconds: 600 + random.int(400_000),
    outages: outagesOf(random, sinkStart),
    tieProbability,
    usedTimestamps: new Map(),
    values: 0,
  };
}

function timeOfWrite(random: Random, sinkStart: bigint): bigint {
  const kind = random.next();
  if (kind < 0.45) return random.micros(handOver - 3n * hour, handOver + 3n * hour);
  if (kind < 0.75) return random.micros(sinkStart - 48n * hour, sinkStart - 43n * hour);
  return random.micros(handOver - 60n * hour, handOver + 72n * hour);
}

/** Rows that every replica has had for days. */
function oldRows(writer: Writer): readonly Operation[] {
  return partitionKeys.flatMap((partitionKey) =>
    clusterings.flatMap((clustering) => {
      if (writer.random.chance(0.4)) return [];
      const at = writer.random.micros(handOver - 10n * day, handOver - 4n * day);
      const row = writeRow(writer, partitionKey, clustering, { at, timestampMicros: at });
      return [{ at, update: updateOf(partitionKey, { rows: [row] }), arrivals: Array(replicaCount).fill(at) }];
    }),
  );
}

function operationAt(at: bigint, writer: Writer): Operation {
  const partitionKey = writer.random.pick(partitionKeys);
  const stamp = { at, timestampMicros: writeTimestamp(at, partitionKey, writer) };
  return { at, update: writeSomething(partitionKey, stamp, writer), arrivals: arrivalsOf(at, writer) };
}

/** Clients' clocks are off by up to 20 s; now and then two writes meet in one microsecond. */
function writeTimestamp(at: bigint, partitionKey: Buffer, { random, usedTimestamps, tieProbability }: Writer): bigint {
  const used = usedTimestamps.get(partitionKey) ?? [];
  const isTie = used.length > 0 && random.chance(tieProbability);
  const timestamp = isTie ? random.pick(used) : at + random.micros(-20n * second, 20n * second);
  usedTimestamps.set(partitionKey, [...used, timestamp]);
  return timestamp;
}

/** A replica that is down gets its hints in a burst when it is back. */
interface Outage {
  readonly from: bigint;
  readonly to: bigint;
}

/** Half of them end while the sink is at work. */
function outagesOf(random: Random, sinkStart: bigint): readonly (readonly Outage[])[] {
  return Array.from({ length: replicaCount }, () =>
    Array.from({ length: random.int(3) }, () => {
      const to = random.chance(0.5)
        ? sinkStart + random.micros(0n, 2n * hour)
        : random.micros(handOver - 20n * hour, handOver + 80n * hour);
      return { from: to - random.micros(minute, random.chance(0.5) ? 4n * hour : 60n * hour), to };
    }),
  );
}

/** One replica at once (consistency ONE), the others soon, by a single late hint, or when they are back. */
function arrivalsOf(at: bigint, { random, outages }: Writer): readonly bigint[] {
  const backAt = outages.map((each) => each.find(({ from, to }) => from <= at && at < to)?.to);
  const up = backAt.flatMap((back, replica) => (back === undefined ? replica : []));
  const prompt = up.length > 0 ? random.pick(up) : random.int(replicaCount);
  return backAt.map((back, replica) => {
    if (replica === prompt) return at + random.micros(1000n, 2n * second);
    if (back !== undefined) return back + random.micros(second, 20n * minute);
    const kind = random.next();
    if (kind < 0.7) return at + random.micros(1000n, 2n * second);
    return at + (kind < 0.9 ? random.micros(minute, 8n * hour) : random.micros(8n * hour, 60n * hour));
  });
}

function writeSomething(partitionKey: Buffer, stamp: Stamp, writer: Writer): PartitionUpdate {
  const { random } = writer;
  const kind = random.next();
  if (kind < 0.03) return updateOf(partitionKey, { partitionDeletion: deletionAt(stamp) });
  if (kind < 0.12) return updateOf(partitionKey, { rangeDeletions: [randomRange(stamp, random)] });
  if (kind < 0.2) return updateOf(partitionKey, { staticRow: writeStatic(stamp, writer) });
  if (kind < 0.32) return writeBatch(partitionKey, stamp, writer);
  return updateOf(partitionKey, { rows: [writeRow(writer, partitionKey, random.pick(clusterings), stamp)] });
}

/** Several statements in one mutation, each with the batch's timestamp or an older one of its own. */
function writeBatch(partitionKey: Buffer, stamp: Stamp, writer: Writer): PartitionUpdate {
  const { random } = writer;
  const ownStamp = () =>
    random.chance(0.5) ? stamp : { ...stamp, timestampMicros: stamp.at - random.micros(minute, 60n * hour) };
  const rows = clusterings
    .filter(() => random.chance(0.5))
    .map((each) => writeRow(writer, partitionKey, each, ownStamp()));
  return updateOf(partitionKey, {
    rows,
    ...((rows.length === 0 || random.chance(0.3)) && { rangeDeletions: [randomRange(ownStamp(), random)] }),
    ...(random.chance(0.3) && { staticRow: writeStatic(ownStamp(), writer) }),
  });
}

function writeRow(writer: Writer, partitionKey: Buffer, clustering: readonly Buffer[], stamp: Stamp): RowChange {
  const row = { clustering, columnDeletions: [], cells: [] };
  if (writer.random.chance(0.12)) return { ...row, deletion: deletionAt(stamp) };
  const style = writer.styles.get(rowKey(partitionKey, clustering));
  if (style === 'expiring') return writeExpiringRow(row, writer, stamp);
  if (style === 'inserted' && writer.random.chance(0.45)) {
    return { ...row, marker: { timestampMicros: stamp.timestampMicros }, ...writeCells(writer, stamp) };
  }
  const mayExpire = style === 'updated' && writer.random.chance(0.35);
  if (mayExpire) return { ...row, cells: expiringCells(writer, stamp) };
  return { ...row, ...writeCells(writer, stamp) };
}

/** Without the clocks' disagreement: a marker that outlives its row's cells by seconds is what CQL cannot tell. */
function writeExpiringRow(row: RowChange, writer: Writer, { at }: Stamp): RowChange {
  const stamp = { at, timestampMicros: at };
  const cells = expiringCells(writer, stamp);
  if (writer.random.chance(0.3)) return { ...row, cells };
  return { ...row, marker: { timestampMicros: at, expiry: expiryOf(writer, stamp) }, cells };
}

function expiringCells(writer: Writer, stamp: Stamp): readonly Cell[] {
  const columns = writer.random.chance(0.5) ? simpleColumns : [writer.random.pick(simpleColumns)];
  return columns.map((column) => ({
    column,
    timestampMicros: stamp.timestampMicros,
    value: nextValue(writer),
    expiry: expiryOf(writer, stamp),
  }));
}

function writeCells(writer: Writer, stamp: Stamp): Pick<RowChange, 'cells' | 'columnDeletions'> {
  const { random } = writer;
  if (random.chance(0.2)) return writeMap(writer, stamp);
  const columns = random.chance(0.4) ? simpleColumns : [random.pick(simpleColumns)];
  const cells = columns.map((column) => ({
    column,
    timestampMicros: stamp.timestampMicros,
    value: random.chance(0.3) ? undefined : nextValue(writer),
  }));
  return { cells, columnDeletions: [] };
}

/** Puts or deletes an element, or overwrites or deletes the map: an overwrite deletes one microsecond earlier. */
function writeMap(writer: Writer, stamp: Stamp): Pick<RowChange, 'cells' | 'columnDeletions'> {
  const { timestampMicros } = stamp;
  const path = Buffer.from(writer.random.pick(['x', 'y']));
  const element = (value: Buffer | undefined) => ({ column: mapColumn, path, timestampMicros, value });
  const deletion = (micros: bigint) => ({
    column: mapColumn,
    timestampMicros: micros,
    localDeletionTime: secondsOf(stamp.at),
  });
  switch (writer.random.int(5)) {
    case 0:
      return { cells: [], columnDeletions: [deletion(timestampMicros)] };
    case 1:
      return { cells: [element(nextValue(writer))], columnDeletions: [deletion(timestampMicros - 1n)] };
    case 2:
      return { cells: [element(undefined)], columnDeletions: [] };
    default:
      return { cells: [element(nextValue(writer))], columnDeletions: [] };
  }
}

function writeStatic(stamp: Stamp, writer: Writer): RowChange {
  const { random } = writer;
  const isDelete = random.chance(0.25);
  const cell: Cell = {
    column: staticText,
    timestampMicros: stamp.timestampMicros,
    value: isDelete ? undefined : nextValue(writer),
    ...(!isDelete && random.chance(0.3) && { expiry: expiryOf(writer, stamp) }),
  };
  return { clustering: [], columnDeletions: [], cells: [cell] };
}

/** c = x, c > x, c <= x, or d within one c. */
function randomRange(stamp: Stamp, random: Random): RangeDeletion {
  const [c, d] = random.pick(clusterings) as [Buffer, Buffer];
  const bound = (values: readonly Buffer[], isInclusive = true): SliceBound => ({ values, isInclusive });
  const shapes = [
    { start: bound([c]), end: bound([c]) },
    { start: bound([c], false), end: bound([]) },
    { start: bound([]), end: bound([c]) },
    { start: bound([c, d]), end: bound([c]) },
    { start: bound([c]), end: bound([c, int32(d.readInt32BE() - 1)], false) },
  ];
  return { ...deletionAt(stamp), ...random.pick(shapes) };
}

function updateOf(partitionKey: Buffer, parts: Partial<PartitionUpdate>): PartitionUpdate {
  return { table, partitionKey, rangeDeletions: [], rows: [], ...parts };
}

function deletionAt({ at, timestampMicros }: Stamp) {
  return { timestampMicros, localDeletionTime: secondsOf(at) };
}

function expiryOf({ ttlSeconds }: Writer, { at }: Stamp): Expiry {
  return { ttlSeconds, expiresAtSeconds: secondsOf(at) + ttlSeconds };
}

function nextValue(writer: Writer): Buffer {
  writer.values++;
  return Buffer.from(`v${writer.random.int(10)}.${writer.values}`);
}

function rowKey(partitionKey: Buffer, clustering: readonly Buffer[]): string {
  return `${keyText([partitionKey])}/${keyText(clustering)}`;
}
