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
    read: async (offset, length) => fill(Buffer.allocUnsafe(length), file.fd, offset),
    lend: async (offset, length, use) => {
      const memory = new ArrayBuffer(length);
      try {
        return use(fill(Buffer.from(memory), file.fd, offset));
      } finally {
        // Detached, it is freed now: two sections of 30 MiB as garbage would be a fifth of what an agent may take.
        memory.transfer(0);
      }
    },
    close: () => file.close(),
  };
}

/** The bytes of the file from an offset on, as many as there are. */
function fill(bytes: Buffer, fd: number, offset: number): Buffer {
  let filled = 0;
  while (filled < bytes.length) {
    const bytesRead = readSync(fd, bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
