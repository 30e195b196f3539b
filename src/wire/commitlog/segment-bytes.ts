/** A segment file as the follower needs it. The opener closes the file; nothing here does. */
export interface SegmentBytes {
  /** Bytes that the file has now. */
  size(): Promise<number>;
  /** The bytes from an offset on, in memory that will not change; fewer than asked where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A segment that is in memory already. */
export function segmentBytesOf(content: Buffer): SegmentBytes {
  return {
    size: async () => content.length,
    read: async (offset, length) => content.subarray(offset, offset + length),
  };
}
