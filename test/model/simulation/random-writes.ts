import type {
  Cell,
  Expiry,
  PartitionUpdate,
  RangeDeletion,
  RowChange,
  SliceBound,
} from '../../../src/model/mutation.ts';
import { hour, minute, secondsOf } from './instants.ts';
import type { Random } from './random.ts';
import { clusterings, int32, keyText, mapColumn, simpleColumns, staticText, table } from './simulated-table.ts';

/** What writes, as far as the content of its writes goes. */
export interface Application {
  readonly random: Random;
  readonly styles: ReadonlyMap<string, RowStyle>;
  readonly ttlSeconds: number;
  /** How many values were written: each is another one. */
  values: number;
}

/**
 * How the application writes a row. CQL cannot tell a reader whether a marker outlives the cells, so a row has one of
 * three lives: inserted for good, never inserted, or always written with the same TTL.
 */
type RowStyle = 'inserted' | 'updated' | 'expiring';

export interface Stamp {
  readonly at: bigint;
  readonly timestampMicros: bigint;
}

/** Any write of one partition. */
export function writeSomething(partitionKey: Buffer, stamp: Stamp, application: Application): PartitionUpdate {
  const { random } = application;
  const kind = random.next();
  if (kind < 0.03) return updateOf(partitionKey, { partitionDeletion: deletionAt(stamp) });
  if (kind < 0.12) return updateOf(partitionKey, { rangeDeletions: [randomRange(stamp, random)] });
  if (kind < 0.2) return updateOf(partitionKey, { staticRow: writeStatic(stamp, application) });
  if (kind < 0.32) return writeBatch(partitionKey, stamp, application);
  return updateOf(partitionKey, { rows: [writeRow(application, partitionKey, random.pick(clusterings), stamp)] });
}

/** Several statements in one mutation, each with the batch's timestamp or an older one of its own. */
function writeBatch(partitionKey: Buffer, stamp: Stamp, application: Application): PartitionUpdate {
  const { random } = application;
  const ownStamp = () =>
    random.chance(0.5) ? stamp : { ...stamp, timestampMicros: stamp.at - random.micros(minute, 60n * hour) };
  const rows = clusterings
    .filter(() => random.chance(0.5))
    .map((each) => writeRow(application, partitionKey, each, ownStamp()));
  return updateOf(partitionKey, {
    rows,
    ...((rows.length === 0 || random.chance(0.3)) && { rangeDeletions: [randomRange(ownStamp(), random)] }),
    ...(random.chance(0.3) && { staticRow: writeStatic(ownStamp(), application) }),
  });
}

/** Any write of one row, in the row's style. */
export function writeRow(
  application: Application,
  partitionKey: Buffer,
  clustering: readonly Buffer[],
  stamp: Stamp,
): RowChange {
  const row = { clustering, columnDeletions: [], cells: [] };
  if (application.random.chance(0.12)) return { ...row, deletion: deletionAt(stamp) };
  const style = application.styles.get(rowKey(partitionKey, clustering));
  if (style === 'expiring') return writeExpiringRow(row, application, stamp);
  if (style === 'inserted' && application.random.chance(0.45)) {
    return { ...row, marker: { timestampMicros: stamp.timestampMicros }, ...writeCells(application, stamp) };
  }
  const mayExpire = style === 'updated' && application.random.chance(0.35);
  if (mayExpire) return { ...row, cells: expiringCells(application, stamp) };
  return { ...row, ...writeCells(application, stamp) };
}

/** Without the clocks' disagreement: a marker that outlives its row's cells by seconds is what CQL cannot tell. */
function writeExpiringRow(row: RowChange, application: Application, { at }: Stamp): RowChange {
  const stamp = { at, timestampMicros: at };
  const cells = expiringCells(application, stamp);
  if (application.random.chance(0.3)) return { ...row, cells };
  return { ...row, marker: { timestampMicros: at, expiry: expiryOf(application, stamp) }, cells };
}

function expiringCells(application: Application, stamp: Stamp): readonly Cell[] {
  const columns = application.random.chance(0.5) ? simpleColumns : [application.random.pick(simpleColumns)];
  return columns.map((column) => ({
    column,
    timestampMicros: stamp.timestampMicros,
    value: nextValue(application),
    expiry: expiryOf(application, stamp),
  }));
}

function writeCells(application: Application, stamp: Stamp): Pick<RowChange, 'cells' | 'columnDeletions'> {
  const { random } = application;
  if (random.chance(0.2)) return writeMap(application, stamp);
  const columns = random.chance(0.4) ? simpleColumns : [random.pick(simpleColumns)];
  const cells = columns.map((column) => ({
    column,
    timestampMicros: stamp.timestampMicros,
    value: random.chance(0.3) ? undefined : nextValue(application),
  }));
  return { cells, columnDeletions: [] };
}

/** Puts or deletes an element, or overwrites or deletes the map: an overwrite deletes one microsecond earlier. */
function writeMap(application: Application, stamp: Stamp): Pick<RowChange, 'cells' | 'columnDeletions'> {
  const { timestampMicros } = stamp;
  const path = Buffer.from(application.random.pick(['x', 'y']));
  const element = (value: Buffer | undefined) => ({ column: mapColumn, path, timestampMicros, value });
  const deletion = (micros: bigint) => ({
    column: mapColumn,
    timestampMicros: micros,
    localDeletionTime: secondsOf(stamp.at),
  });
  switch (application.random.int(5)) {
    case 0:
      return { cells: [], columnDeletions: [deletion(timestampMicros)] };
    case 1:
      return { cells: [element(nextValue(application))], columnDeletions: [deletion(timestampMicros - 1n)] };
    case 2:
      return { cells: [element(undefined)], columnDeletions: [] };
    default:
      return { cells: [element(nextValue(application))], columnDeletions: [] };
  }
}

function writeStatic(stamp: Stamp, application: Application): RowChange {
  const { random } = application;
  const isDelete = random.chance(0.25);
  const cell: Cell = {
    column: staticText,
    timestampMicros: stamp.timestampMicros,
    value: isDelete ? undefined : nextValue(application),
    ...(!isDelete && random.chance(0.3) && { expiry: expiryOf(application, stamp) }),
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

export function updateOf(partitionKey: Buffer, parts: Partial<PartitionUpdate>): PartitionUpdate {
  return { table, partitionKey, rangeDeletions: [], rows: [], ...parts };
}

function deletionAt({ at, timestampMicros }: Stamp) {
  return { timestampMicros, localDeletionTime: secondsOf(at) };
}

function expiryOf({ ttlSeconds }: Application, { at }: Stamp): Expiry {
  return { ttlSeconds, expiresAtSeconds: secondsOf(at) + ttlSeconds };
}

function nextValue(application: Application): Buffer {
  application.values++;
  return Buffer.from(`v${application.random.int(10)}.${application.values}`);
}

export function rowKey(partitionKey: Buffer, clustering: readonly Buffer[]): string {
  return `${keyText([partitionKey])}/${keyText(clustering)}`;
}
