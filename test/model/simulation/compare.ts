import { isInSlice, slicesOf } from '../../../src/model/slice-journal.ts';
import { writeTimesOf } from '../../../src/model/update-times.ts';
import type { CellStore, RowImage } from './cell-store.ts';
import type { Operation } from './history.ts';
import type { RowKey } from './row-writes.ts';
import { clusterings, keyText, partitionKeys, table } from './simulated-table.ts';
import type { Target } from './target.ts';

export interface Difference {
  readonly key: RowKey;
  readonly kind: 'missing' | 'extra' | 'mismatch';
  readonly source: string;
  readonly target: string;
  /** Two writes of this row share a timestamp; who wins is not the rule's to say. */
  readonly isTie: boolean;
}

/** Every row and every static that CQL shows differently on the two sides at an instant. */
export function compareSides(
  source: CellStore,
  target: Target,
  nowMicros: bigint,
  operations: readonly Operation[],
): readonly Difference[] {
  return allKeys().flatMap((key) => {
    const [left, right] = [source, target].map((side) => textOf(readFrom(side, key, nowMicros)));
    if (left === right) return [];
    const kind = left === absent ? 'extra' : right === absent ? 'missing' : 'mismatch';
    return [{ key, kind, source: left!, target: right!, isTie: hasTie(key, operations) } as const];
  });
}

export function readFrom(side: CellStore | Target, key: RowKey, nowMicros: bigint): RowImage | undefined {
  const { partitionKey, clustering } = key;
  return clustering ? side.readRow(partitionKey, clustering, nowMicros) : side.readStatic(partitionKey, nowMicros);
}

const absent = 'absent';

function allKeys(): readonly RowKey[] {
  return partitionKeys.flatMap((partitionKey) => [
    { partitionKey },
    ...clusterings.map((clustering) => ({ partitionKey, clustering })),
  ]);
}

function textOf(image: RowImage | undefined): string {
  if (!image) return absent;
  const cells = image.cells.map(({ column, path, value }) => `${column.name}${path ? `[${path}]` : ''}=${value}`);
  return `row(${cells.sort().join(' ')})`;
}

function hasTie(key: RowKey, operations: readonly Operation[]): boolean {
  const times = operations.flatMap((each) => timesAt(each, key));
  return new Set(times).size < times.length;
}

/** The write times with which an operation touches a row, each once. */
function timesAt({ update }: Operation, { partitionKey, clustering }: RowKey): readonly bigint[] {
  if (!update.partitionKey.equals(partitionKey)) return [];
  const slices = slicesOf(update, () => 'apply').filter((each) =>
    clustering ? isInSlice(clustering, each, table) : !each.range,
  );
  const rows = clustering
    ? update.rows.filter((row) => keyText(row.clustering) === keyText(clustering))
    : [update.staticRow ?? []].flat();
  const touching = { ...update, rangeDeletions: [], rows };
  const { partitionDeletion: _, staticRow: __, ...rowsOnly } = touching;
  const times = writeTimesOf(rowsOnly);
  return [...new Set([...slices.map((each) => each.timestampMicros), ...(times ? [times.newestMicros] : [])])];
}
