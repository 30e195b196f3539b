import { readdir } from 'node:fs/promises';
import { compareSegments, parseSegmentName, type SegmentName } from '../wire/commitlog/segment-name.ts';

/** The segments of a folder, ids ascending. */
export async function listSegments(folder: string): Promise<readonly SegmentName[]> {
  const names = (await readdir(folder)).map(parseSegmentName);
  return names.filter((name) => name !== undefined).sort(compareSegments);
}

export function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
