import { shownRowKey } from '../model/difference.ts';
import type { RepairedRow } from '../model/repaired-row.ts';

/** A line a row, and a last one that says the result. */
export function repairText(rows: readonly RepairedRow[]): string {
  if (rows.length === 0) return 'nothing to repair\n';
  const equal = rows.filter(({ outcome }) => outcome === 'equal').length;
  const last = `${equal} of ${rows.length} repaired rows are equal now; the next validation proves them`;
  return `${[...rows.map(rowText), last].join('\n')}\n`;
}

/** For a file: bytes as hex, instants as decimal text. */
export function repairJson({ difference, outcome, refusal, timestampMicros, consistency }: RepairedRow): object {
  const { kind, table, key, columns } = difference;
  return {
    ...{ table, was: kind, columns, outcome, ...(refusal && { refusal }), consistency },
    timestampMicros: `${timestampMicros}`,
    partitionKey: hex(key.partitionKey),
    clustering: hex(key.clustering),
  };
}

function rowText({ difference: { kind, table, key }, outcome, refusal, consistency }: RepairedRow): string {
  const read = consistency === 'all' ? '' : `, read at ${consistency} only`;
  return `repaired ${table} (${shownRowKey(key)}): was ${kind}, ${refusal ?? shownOutcome[outcome]}${read}`;
}

const shownOutcome: Readonly<Record<RepairedRow['outcome'], string>> = {
  equal: 'equal now',
  pending: 'changes still on their way',
  differs: 'still differs',
  refused: 'the target refused it',
};

function hex(values: readonly Buffer[]): readonly string[] {
  return values.map((value) => `0x${value.toString('hex')}`);
}
