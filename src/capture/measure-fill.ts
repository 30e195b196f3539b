import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fill } from '../model/agent-state.ts';
import { sumOf } from '../model/sum-of.ts';
import { segmentFileName } from '../wire/commitlog/segment-name.ts';
import { shareOf } from './fill-level.ts';
import { hasCode, listSegments } from './list-segments.ts';
import type { SourceFill } from './segment-source.ts';

/** As a node counts it: every file of cdc_raw; it begins no segment that would not fit, so the limit is one segment less. */
export async function cdcFill(folder: string, totalBytes: number): Promise<SourceFill> {
  const sizes = await sizesOf((await readdir(folder)).map((name) => join(folder, name)));
  const limit = (totalBytes || (await usualCdcTotal(folder))) - Math.max(0, ...sizes.map(({ size }) => size));
  const bytes = sumOf(sizes.map(({ size }) => size));
  const segments = (await listSegments(folder)).length;
  return { segments, fill: { bytes, limitBytes: Math.max(0, limit), limitedBy: 'cdc_total_space' } };
}

/** What Cassandra takes where its configuration does not say. */
async function usualCdcTotal(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return Math.min(4096 * 2 ** 20, Math.floor((blocks * bsize) / 8));
}

/** What is held against the cap; or, if that is closer, what is kept of the disk by us alone against what is free of it. */
export async function heldFill(folder: string, capBytes: number): Promise<SourceFill> {
  const names = await listSegments(folder);
  const sizes = await sizesOf(names.map((name) => join(folder, segmentFileName(name))));
  const { bavail, bsize } = await statfs(folder);
  const held: Fill = { bytes: sumOf(sizes.map(({ size }) => size)), limitBytes: capBytes, limitedBy: 'folder cap' };
  const ours = sumOf(sizes.filter(({ links }) => links === 1).map(({ size }) => size));
  // The node needs the disk more than we do: at most half of what is left to it is ours to take.
  const limitBytes = ours + Math.floor((bavail * bsize) / 2);
  const disk: Fill = { bytes: ours, limitBytes, limitedBy: 'free space' };
  const fill = ours > 0 && shareOf(disk) > shareOf(held) ? disk : held;
  return { segments: names.length, fill };
}

interface FileSize {
  readonly size: number;
  readonly links: number;
}

/** One that is gone meanwhile takes nothing. */
export function sizesOf(paths: readonly string[]): Promise<readonly FileSize[]> {
  return Promise.all(paths.map(sizeOf));
}

async function sizeOf(path: string): Promise<FileSize> {
  try {
    const { size, nlink } = await stat(path);
    return { size, links: nlink };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { size: 0, links: 0 };
    throw error;
  }
}
