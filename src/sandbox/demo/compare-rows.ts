/** A row as plain reads saw it: texts of all values, and the seconds left of those whose expiry can be read. */
export interface SeenRow {
  readonly values: Readonly<Record<string, string>>;
  /** Undefined where nothing expires. */
  readonly ttlSeconds: Readonly<Record<string, number | undefined>>;
}

export interface RowDifference {
  readonly kind: 'missing' | 'extra' | 'value' | 'expiry';
  /** For values and expiries. */
  readonly column?: string;
  readonly source?: string;
  readonly target?: string;
}

/**
 * A TTL counts from when a node takes the write: it is longer by what the write waited on its way, and the two sides are
 * read one after the other. Some seconds at most, but a machine that is short of CPU makes a request wait for many.
 */
export const ttlTolerance = 30;

/** Everything in which two reads of one key differ; undefined is a row that is not there. */
export function compareRows(source: SeenRow | undefined, target: SeenRow | undefined): readonly RowDifference[] {
  if (!source && !target) return [];
  if (!target) return [{ kind: 'missing' }];
  if (!source) return [{ kind: 'extra' }];
  return [...valueDifferences(source, target), ...expiryDifferences(source, target)];
}

/** True when a part of the row expires: it may have done so between the reads of the two sides. */
export function isExpiring(row: SeenRow | undefined): boolean {
  return row !== undefined && Object.values(row.ttlSeconds).some((seconds) => seconds !== undefined);
}

function valueDifferences(source: SeenRow, target: SeenRow): readonly RowDifference[] {
  return columnsOf(source.values, target.values)
    .filter((column) => source.values[column] !== target.values[column])
    .map((column) => ({
      kind: 'value',
      column,
      source: source.values[column] ?? 'no such column',
      target: target.values[column] ?? 'no such column',
    }));
}

function expiryDifferences(source: SeenRow, target: SeenRow): readonly RowDifference[] {
  return columnsOf(source.ttlSeconds, target.ttlSeconds)
    .filter((column) => !isNear(source.ttlSeconds[column], target.ttlSeconds[column]))
    .map((column) => ({
      kind: 'expiry',
      column,
      source: secondsText(source.ttlSeconds[column]),
      target: secondsText(target.ttlSeconds[column]),
    }));
}

function isNear(source: number | undefined, target: number | undefined): boolean {
  if (source === undefined || target === undefined) return source === target;
  return Math.abs(source - target) <= ttlTolerance;
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : `in ${seconds} s`;
}

function columnsOf(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}
