import { join } from 'node:path';
import { listSegments } from '../../../src/capture/list-segments.ts';
import { openSegmentFile, type SegmentFile } from '../../../src/capture/segment-file.ts';
import type { RecordEvent } from '../../../src/model/change-event.ts';
import { followSegment, type SegmentFollower } from '../../../src/wire/commitlog/follow-segment.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { segmentFileName } from '../../../src/wire/commitlog/segment-name.ts';

/** The commit log of a running node from now on: whatever it has when this is opened is passed over. */
export interface NodeLog {
  /** Records that have become readable since the last call; with each, all that the node had confirmed before it. */
  read(): Promise<readonly RecordEvent[]>;
  close(): Promise<void>;
}

interface Followed extends ReadableSegment {
  readonly file: SegmentFile;
}

interface ReadableSegment {
  readonly id: bigint;
  /** What has become readable since the last call. */
  read(): Promise<readonly RecordEvent[]>;
}

export async function openNodeLog(folder: string): Promise<NodeLog> {
  // Open files stay readable when the node removes them.
  const followed = new Map<string, Followed>();
  const log: NodeLog = { read, close };
  await read();
  return log;

  async function read(): Promise<readonly RecordEvent[]> {
    for (const segment of await listSegments(folder)) {
      const { id } = segment;
      const name = segmentFileName(segment);
      if (followed.has(name)) continue;
      const file = await openSegmentFile(join(folder, name)).catch(() => undefined);
      if (!file) continue;
      const follower = followSegment(file, name);
      followed.set(name, { id, file, read: () => readSegment(id, follower) });
    }
    return readSegments([...followed.values()]);
  }

  async function close(): Promise<void> {
    for (const { file } of followed.values()) await file.close();
  }
}

/**
 * In the order of the log. The node writes its segments out oldest first; read in that order too, an older one could have
 * been read just before it was written out, and a newer one just after.
 */
export async function readSegments(segments: readonly ReadableSegment[]): Promise<readonly RecordEvent[]> {
  const newestFirst = segments.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const read: (readonly RecordEvent[])[] = [];
  for (const segment of newestFirst) read.unshift(await segment.read());
  return read.flat();
}

async function readSegment(id: bigint, follower: SegmentFollower): Promise<readonly RecordEvent[]> {
  const events: RecordEvent[] = [];
  for (;;) {
    const section = await follower.next();
    if (typeof section === 'string') return events;
    for (const { body, endPosition } of recordsOf(section))
      events.push({
        kind: 'record',
        node: 'source-1',
        segment: id,
        position: endPosition,
        logVersion: section.header.logVersion,
        body,
      });
  }
}
