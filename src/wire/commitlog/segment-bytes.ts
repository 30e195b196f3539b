/** A segment file as the follower needs it. The opener closes the file; nothing here does. */
export interface SegmentBytes {
  /** Bytes that the file has now. */
  size(): Promise<number>;
  /** The bytes from an offset on, in memory that will not change; fewer than asked where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Lends the same bytes for as long as `use` runs: their memory is given back at once, not when garbage is collected. */
  lend<Result>(offset: number, length: number, use: (bytes: Buffer) => Result): Promise<Result>;
}

/** A segment that is in memory already. */
export function segmentBytesOf(content: Buffer): SegmentBytes {
  return {
    size: async () => content.length,
    read: async (offset, length) => content.subarray(offset, offset + length),
    lend: async (offset, length, use) => use(content.subarray(offset, offset + length)),
  };
}
