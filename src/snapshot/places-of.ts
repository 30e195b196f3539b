import type { RowGroup } from './row-groups.ts';

/** Of each place of a split that is being written: 256 of them, of each of four splits, are 32 MiB. */
const bytesOfPlace = 32 * 1024;

/** How many of the rows that may be written at once these count for: large ones for several, so that memory is bounded whatever the rows. */
export function placesOf({ from, to, bytes }: Pick<RowGroup, 'from' | 'to' | 'bytes'>, rowsAtOnce: number): number {
  return Math.min(rowsAtOnce, Math.max(to - from, Math.ceil(bytes / bytesOfPlace)));
}
