import type { ComparedSplit, DifferingKey, Share, SideSum } from '../model/compared-split.ts';
import type { RowKey } from '../model/difference.ts';
import { isStaticKey, rowKeyText } from '../model/difference.ts';
import { addDigests, digestRow } from './digest-row.ts';
import type { MatchOutcome, Side } from './match-rows.ts';
import { differingColumns, type RowImage, type RowShape } from './row-image.ts';
import { addSameRows, type SameRows } from './same-rows.ts';

export const absentShare: Share = { isPresent: false, rows: 0n, digest: 0n };

export interface SplitTally extends MatchOutcome {
  /** Rows that both sides have, byte for byte; see SameRows. */
  same: SameRows['add'];
  result(): ComparedSplit;
}

/** Adds up a split and keeps at most `mostKept` of the keys that differ; the others are counted. */
export function tallySplit(shape: RowShape, mostKept: number): SplitTally {
  const sums: Record<Side, SideSum> = { source: nothing, target: nothing };
  const differing = new Map<string, DifferingKey>();
  const common = addSameRows(shape);
  let notKept = 0;

  return {
    same: common.add,
    matched(source, target) {
      const columns = differingColumns(source, target, shape);
      const sourceShare = shareOf(source, shape);
      // Equal bytes have equal digests: the common row is hashed once.
      const targetShare = columns.length === 0 ? sourceShare : shareOf(target, shape);
      sums.source = addShare(sums.source, sourceShare);
      sums.target = addShare(sums.target, targetShare);
      if (columns.length > 0) keep({ key: source.key, columns, source: sourceShare, target: targetShare });
    },
    alone(side, image) {
      const share = shareOf(image, shape);
      sums[side] = addShare(sums[side], share);
      keep({ key: image.key, columns: [], source: absentShare, target: absentShare, [side]: share });
    },
    result() {
      const share = common.total();
      const [source, target] = [addShare(sums.source, share), addShare(sums.target, share)];
      return { source, target, differing: [...differing.values()], notKept };
    },
  };

  // A key can come twice, once for each side, when its rows were too far apart to meet: then its shares are joined.
  function keep(found: DifferingKey): void {
    const text = rowKeyText(found.key);
    const before = differing.get(text);
    if (before) differing.set(text, joinShares(before, found));
    else if (differing.size < mostKept) differing.set(text, { ...found, key: copyKey(found.key) });
    else notKept++;
  }
}

export function shareOf(image: RowImage | undefined, shape: RowShape): Share {
  if (image === undefined) return absentShare;
  return { isPresent: true, rows: isStaticKey(image.key, shape.table) ? 0n : 1n, digest: digestRow(image) };
}

export function addShare(sum: SideSum, share: Pick<Share, 'rows' | 'digest'>): SideSum {
  return { rows: sum.rows + share.rows, digest: addDigests(sum.digest, share.digest) };
}

const nothing: SideSum = { rows: 0n, digest: 0n };

function joinShares(a: DifferingKey, b: DifferingKey): DifferingKey {
  return {
    key: a.key,
    columns: [],
    source: a.source.isPresent ? a.source : b.source,
    target: a.target.isPresent ? a.target : b.target,
  };
}

// The bytes of a row are a window on its whole page, which a kept key must not keep alive.
function copyKey(key: RowKey): RowKey {
  const copy = (values: readonly Buffer[]) => values.map((value) => Buffer.from(value));
  return { partitionKey: copy(key.partitionKey), clustering: copy(key.clustering) };
}
