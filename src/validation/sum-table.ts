import type { ComparedSplit, DifferingKey, Share, SideSum } from '../model/compared-split.ts';
import type { ComparedTable, Difference } from '../model/difference.ts';
import { addDigests, digestText, subtractDigests } from './digest-row.ts';
import type { SettledKey } from './settle-differences.ts';
import { addShare } from './split-tally.ts';

/** More keys than this are counted and not kept: a table that differs this much is not repaired key by key. */
export const mostKeptOfTable = 100_000;

export interface KeptKeys {
  readonly keys: readonly DifferingKey[];
  readonly notKept: number;
}

/** The keys of all splits that are looked at again. */
export function keepKeys(passes: readonly ComparedSplit[], mostKept = mostKeptOfTable): KeptKeys {
  const all = passes.flatMap((pass) => pass.differing);
  const notKept = passes.reduce((sum, pass) => sum + pass.notKept, 0) + Math.max(0, all.length - mostKept);
  return { keys: all.slice(0, mostKept), notKept };
}

/**
 * Rows and digests as of the last look at each key, so that equal keys leave equal sums however much the table changed
 * while it was read. Keys that nobody looked at again count as pending.
 */
export function sumTable(
  table: string,
  passes: readonly ComparedSplit[],
  settled: readonly SettledKey[],
  notKept: number,
): ComparedTable {
  const source = sumSide('source', passes, settled);
  const target = sumSide('target', passes, settled);
  const count = (verdict: SettledKey['verdict']) => settled.filter((key) => key.verdict === verdict).length;
  return {
    table,
    sourceRows: source.rows,
    targetRows: target.rows,
    sourceDigest: digestText(source.digest),
    targetDigest: digestText(target.digest),
    missing: count('missing'),
    extra: count('extra'),
    mismatched: count('mismatch'),
    pending: count('pending') + notKept,
  };
}

export function differencesOf(table: string, settled: readonly SettledKey[]): readonly Difference[] {
  return settled.flatMap(({ first, last, verdict }) =>
    verdict === 'equal' ? [] : [{ kind: verdict, table, key: first.key, columns: last.columns }],
  );
}

function sumSide(side: 'source' | 'target', passes: readonly ComparedSplit[], settled: readonly SettledKey[]): SideSum {
  const sum = passes.reduce<SideSum>((total, pass) => addShare(total, pass[side]), { rows: 0n, digest: 0n });
  return settled.reduce((total, key) => replaceShare(total, key.first[side], key.last[side]), sum);
}

function replaceShare(sum: SideSum, before: Share, after: Share): SideSum {
  return {
    rows: sum.rows - before.rows + after.rows,
    digest: addDigests(subtractDigests(sum.digest, before.digest), after.digest),
  };
}
