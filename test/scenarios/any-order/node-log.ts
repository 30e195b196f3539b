import { join } from 'node:path';
import { listSegments } from '../../../src/capture/list-segments.ts';
import { openSegmentFile, type SegmentFile } from '../../../src/capture/segment-file.ts';
import type { RecordEvent } from '../../../src/model/change-event.ts';
import { followSegment, type SegmentFollower } from '../../../src/wire/commitlog/follow-segment.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { segmentFileName } from '../../../src/wire/commitlog/segment-name.ts';

/** The commit log of a running node from now on: whatever it has when this is opened is passed over. */
export interface NodeLog {
  /** Records that have become readable since the last call. */
  read(): Promise<readonly RecordEvent[]>;
  close(): Promise<void>;
}

interface Followed {
  readonly id: bigint;
  readonly file: SegmentFile;
  readonly follower: SegmentFollower;
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
      if (file) followed.set(name, { id, file, follower: followSegment(file, name) });
    }
    const events: RecordEvent[] = [];
    for (const each of followed.values()) events.push(...(await readSegment(each)));
    return events;
  }

  async function close(): Promise<void> {
    for (const { file } of followed.values()) await file.close();
  }
}

async function readSegment({ id, follower }: Followed): Promise<readonly RecordEvent[]> {
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
