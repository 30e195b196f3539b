import { open } from 'node:fs/promises';
import type { SegmentBytes } from '../wire/commitlog/segment-bytes.ts';

export interface SegmentFile extends SegmentBytes {
  close(): Promise<void>;
}

/**
 * Opens a segment to read. Every read copies into a buffer of its own: a mapped file that its owner cuts would kill us
 * with SIGBUS. An open segment stays readable when its last link goes.
 */
export async function openSegmentFile(path: string): Promise<SegmentFile> {
  const file = await open(path, 'r');
  return {
    size: async () => (await file.stat()).size,
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}
