import { BooksError } from '../errors.ts';
import type { Books } from '../events.ts';

/** Counts the rows of one attempt at a split; what becomes of a row is counted when it has become so. */
export interface SplitBooks {
  read(rows: number, bytes: number): void;
  written(rows?: number): void;
  superseded(): void;
  deadLettered(): void;
  /** Throws BooksError unless read = written + superseded + dead-lettered. */
  close(splitId: string): Books & { readonly bytes: bigint };
}

export function openSplitBooks(): SplitBooks {
  const count = { read: 0, written: 0, superseded: 0, deadLettered: 0, bytes: 0 };
  return {
    read(rows, bytes) {
      count.read += rows;
      count.bytes += bytes;
    },
    written(rows = 1) {
      count.written += rows;
    },
    superseded: () => void count.superseded++,
    deadLettered: () => void count.deadLettered++,
    close(splitId) {
      const { read, written, superseded, deadLettered, bytes } = count;
      if (read !== written + superseded + deadLettered)
        throw new BooksError(
          `split ${splitId}: ${read} rows read, but ${written} written, ${superseded} superseded and ${deadLettered} dead-lettered`,
        );
      return {
        read: BigInt(read),
        written: BigInt(written),
        superseded: BigInt(superseded),
        deadLettered: BigInt(deadLettered),
        bytes: BigInt(bytes),
      };
    },
  };
}
