import { type ComparedTable, type Difference, differingRows, pendingRows } from '../model/difference.ts';
import type { TableComparison } from './compare-table.ts';

/** The result of one validation. */
export interface ValidationReport {
  readonly startedAtMicros: bigint;
  readonly finishedAtMicros: bigint;
  readonly tables: readonly ComparedTable[];
  /** At most `mostListed`; the tables hold the exact counts. */
  readonly differences: readonly Difference[];
  /** What was compared, where it was not everything. */
  readonly scope?: string;
  /** Of a target that was looked up by key, since its tokens are others than the source's. */
  readonly otherPartitioner?: string;
}

const mostListed = 10_000;

export function buildReport(
  comparisons: readonly TableComparison[],
  startedAtMicros: bigint,
  finishedAtMicros: bigint,
): ValidationReport {
  return {
    startedAtMicros,
    finishedAtMicros,
    tables: comparisons.map(({ compared }) => compared),
    differences: comparisons.flatMap(({ differences }) => differences).slice(0, mostListed),
  };
}

/** True where both sides hold the same and nothing is left to look at. */
export function isEqualReport(report: ValidationReport): boolean {
  return report.tables.every(
    (table) =>
      differingRows([table]) + pendingRows([table]) === 0 &&
      table.sourceRows === table.targetRows &&
      table.sourceDigest === table.targetDigest,
  );
}

/** For a file or a screen: whole numbers beyond 2^53 as decimal text, bytes as hex. */
export function reportJson(report: ValidationReport): object {
  return {
    startedAtMicros: `${report.startedAtMicros}`,
    finishedAtMicros: `${report.finishedAtMicros}`,
    ...(report.scope !== undefined && { scope: report.scope }),
    ...(report.otherPartitioner !== undefined && { otherPartitioner: report.otherPartitioner }),
    isEqual: isEqualReport(report),
    tables: report.tables.map((table) => ({
      ...table,
      sourceRows: `${table.sourceRows}`,
      targetRows: `${table.targetRows}`,
    })),
    differences: report.differences.map(differenceJson),
  };
}

function differenceJson({ key, written, ...difference }: Difference): object {
  const hex = (values: readonly Buffer[]) => values.map((value) => value.toString('hex'));
  return {
    ...difference,
    partitionKey: hex(key.partitionKey),
    clustering: hex(key.clustering),
    ...(written && {
      sourceWriteMicros: written.source === undefined ? null : `${written.source}`,
      targetWriteMicros: written.target === undefined ? null : `${written.target}`,
      likely: written.likely,
    }),
  };
}
