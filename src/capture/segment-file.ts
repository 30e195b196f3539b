import { fstatSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { SegmentBytes } from '../wire/commitlog/segment-bytes.ts';

export interface SegmentFile extends SegmentBytes {
  close(): Promise<void>;
}

/**
 * Opens a segment to read. Every read copies into a buffer of its own: a mapped file that its owner cuts would kill us
 * with SIGBUS. An open segment stays readable when its last link goes.
 *
 * Reads do not go through the thread pool: what is read was written a moment ago and is in the page cache. On a busy machine three trips
 * through the pool take longer than a node needs until its next marker; then a pass never reaches the end of the log, and nothing is claimed.
 */
export async function openSegmentFile(path: string): Promise<SegmentFile> {
  const file = await open(path, 'r');
  return {
    size: async () => fstatSync(file.fd).size,
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const bytesRead = readSync(file.fd, bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}
