export interface SegmentName {
  /** As the file name says; the header decides. */
  readonly logVersion: number;
  /** Int64, strictly increasing on a node. */
  readonly id: bigint;
}

/** Reads the name of a segment file; undefined for every other file, the index files among them. */
export function parseSegmentName(fileName: string): SegmentName | undefined {
  const match = /^CommitLog-(\d+)-(\d+)\.log$/.exec(fileName);
  return match ? { logVersion: Number(match[1]), id: BigInt(match[2]!) } : undefined;
}

export function segmentFileName(name: SegmentName): string {
  return `CommitLog-${name.logVersion}-${name.id}.log`;
}

/** The index file that belongs to a segment, written by nodes with CDC switched on. */
export function indexFileName(name: SegmentName): string {
  return `CommitLog-${name.logVersion}-${name.id}_cdc.idx`;
}

/** The order in which a node wrote its segments: by id as a number, which is not the order of the names. */
export function compareSegments(a: SegmentName, b: SegmentName): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
