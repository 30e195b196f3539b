import { fstatSync, readSync } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { followSegment, type SegmentFollower } from '../../wire/commitlog/follow-segment.ts';
import { recordsOf } from '../../wire/commitlog/records.ts';
import type { SegmentBytes } from '../../wire/commitlog/segment-bytes.ts';
import type { LogVersion } from '../../wire/commitlog/segment-header.ts';
import { parseSegmentName } from '../../wire/commitlog/segment-name.ts';

/** A record of a node's commit log. */
export interface NodeRecord {
  readonly body: Buffer;
  readonly logVersion: LogVersion;
  /** `segment:position`. */
  readonly segpos: string;
}

/** The commit log of a running node from now on; what it holds when this is opened is passed over. */
export interface NodeLog {
  /** Records that have become readable since the last call, in the order of the log. */
  read(): Promise<readonly NodeRecord[]>;
  close(): Promise<void>;
}

interface OpenSegment {
  readonly id: bigint;
  readonly file: FileHandle;
  readonly follower: SegmentFollower;
}

export async function openNodeLog(folder: string): Promise<NodeLog> {
  // An open file stays readable when the node removes it.
  const segments = new Map<string, OpenSegment>();
  await read();
  return { read, close };

  async function read(): Promise<readonly NodeRecord[]> {
    for (const name of await readdir(folder)) {
      const segment = parseSegmentName(name);
      if (!segment || segments.has(name)) continue;
      const file = await open(join(folder, name)).catch(() => undefined);
      if (file) segments.set(name, { id: segment.id, file, follower: followSegment(bytesOf(file), name) });
    }
    const records: NodeRecord[] = [];
    for (const segment of [...segments.values()].sort((a, b) => Number(a.id - b.id)))
      records.push(...(await readSegment(segment)));
    return records;
  }

  async function close(): Promise<void> {
    for (const { file } of segments.values()) await file.close();
  }
}

async function readSegment({ id, follower }: OpenSegment): Promise<readonly NodeRecord[]> {
  const records: NodeRecord[] = [];
  for (;;) {
    const section = await follower.next();
    if (typeof section === 'string') return records;
    const { logVersion } = section.header;
    for (const { body, endPosition } of recordsOf(section))
      records.push({ body, logVersion, segpos: `${id}:${endPosition}` });
  }
}

function bytesOf(file: FileHandle): SegmentBytes {
  const read = async (offset: number, length: number) => {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(file.fd, bytes, 0, length, offset));
  };
  return {
    size: async () => fstatSync(file.fd).size,
    read,
    lend: async (offset, length, use) => use(await read(offset, length)),
  };
}
