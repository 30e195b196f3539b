import type { Cell, RowMarker } from '../../../src/model/mutation.ts';

/** Who wins at equal timestamps: Cassandra compares; Keyspaces promises nothing, so there the later arrival wins here. */
export type Ties = 'by value' | 'by arrival';

/** The cell that stays (Cassandra's Cells.resolveRegular). */
export function reconcileCells(old: Cell, arrived: Cell, ties: Ties): Cell {
  if (old.timestampMicros !== arrived.timestampMicros) {
    return old.timestampMicros > arrived.timestampMicros ? old : arrived;
  }
  if (ties === 'by arrival') return arrived;
  return compareTied(old, arrived) >= 0 ? old : arrived;
}

/** The marker that stays (Cassandra's LivenessInfo.supersedes). */
export function reconcileMarkers(old: RowMarker | undefined, arrived: RowMarker, ties: Ties): RowMarker {
  if (!old) return arrived;
  if (old.timestampMicros !== arrived.timestampMicros) {
    return old.timestampMicros > arrived.timestampMicros ? old : arrived;
  }
  if (ties === 'by arrival') return arrived;
  return expiryOf(old) >= expiryOf(arrived) ? old : arrived;
}

/** A tombstone beats an expiring cell beats a plain one; then the later expiry, then the larger value. */
function compareTied(a: Cell, b: Cell): number {
  const byKind = rankOf(a) - rankOf(b);
  if (byKind !== 0 || a.value === undefined || b.value === undefined) return byKind;
  return expiryOf(a) - expiryOf(b) || Buffer.compare(a.value, b.value);
}

function rankOf(cell: Cell): number {
  if (cell.value === undefined) return 2;
  return cell.expiry ? 1 : 0;
}

/** Expiring supersedes what does not expire. */
function expiryOf(part: Pick<RowMarker, 'expiry'>): number {
  return part.expiry?.expiresAtSeconds ?? 0;
}
