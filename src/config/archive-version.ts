import { basename } from 'node:path';

/** What the name of a file of DataStax CDC's releases says: `agent-c4-2.3.9-all.jar`. Its manifest says no version. */
export interface ArchiveName {
  /** `agent-c4`, `pulsar-cassandra-source`. */
  readonly product: string;
  readonly version: string;
}

/** Undefined for a name that is none of a release's. */
export function archiveName(file: string): ArchiveName | undefined {
  const found = /^([a-z][a-z0-9-]*?)-(\d+\.\d+\.\d+)\b.*\.(jar|nar)$/.exec(basename(file));
  return found ? { product: found[1]!, version: found[2]! } : undefined;
}

/** Less than zero when `one` is older; both are three numbers. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one.split('.').map(Number), other.split('.').map(Number)];
  const place = left.findIndex((part, index) => part !== right[index]);
  return place < 0 ? 0 : left[place]! - right[place]!;
}

/** Before it: tuples lost, tables without other columns than their keys and timestamps in collections stop the feed. */
export const oldestRelease = '2.3.3';
/** What was recorded. */
export const recordedRelease = '2.3.9';
