export interface SegmentIndex {
  /** Logical position up to which the node has synced; meaningless once completed, a crash rewrites it. */
  readonly offset: number;
  /** The node has closed the segment: nothing more will come. */
  readonly isCompleted: boolean;
}

/** Reads the text of a `_cdc.idx` file; undefined while the node is rewriting it and it is empty or cut. */
export function parseIndexFile(text: string): SegmentIndex | undefined {
  const match = /^(\d+)(\nCOMPLETED\n?)?$/.exec(text);
  return match ? { offset: Number(match[1]), isCompleted: match[2] !== undefined } : undefined;
}
