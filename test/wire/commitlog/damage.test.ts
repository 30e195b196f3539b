import { describe, expect, it } from 'vitest';
import { decodeMutation } from '../../../src/wire/commitlog/decode-mutation.ts';
import {
  CorruptMutationError,
  CorruptSegmentError,
  UnknownColumnError,
  UnknownTableError,
  UnsupportedMutationError,
  UnsupportedSegmentError,
} from '../../../src/wire/commitlog/errors.ts';
import { followSegment } from '../../../src/wire/commitlog/follow-segment.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { segmentBytesOf } from '../../../src/wire/commitlog/segment-bytes.ts';
import { loadRecording, readWhole, recordings, tablesById } from './recorded-segment.ts';

/** Numbers that are the same in every run (mulberry32). */
function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const damages: readonly ((content: Buffer, at: number, random: (below: number) => number) => Buffer)[] = [
  (content, at, random) => {
    content[at]! ^= 1 << random(8);
    return content;
  },
  (content, at) => content.fill(0, at),
  (content, at) => content.subarray(0, at),
  (content, at, random) => content.fill(random(256), at, at + 1 + random(64)),
];

/** What a reader takes from a damaged segment before it stops, by position; any error but the library's own comes through. */
async function readUntilDamage(content: Buffer, fileName: string): Promise<ReadonlyMap<number, Buffer>> {
  const read = new Map<number, Buffer>();
  const follower = followSegment(segmentBytesOf(content), fileName);
  try {
    for (let step = await follower.next(); typeof step !== 'string'; step = await follower.next()) {
      for (const record of recordsOf(step)) read.set(record.endPosition, record.body);
    }
  } catch (error) {
    if (!(error instanceof CorruptSegmentError || error instanceof UnsupportedSegmentError)) throw error;
  }
  return read;
}

describe.each(recordings)('the segment recorded as %s, damaged', (name) => {
  it('gives true records up to the damage and never a wrong one', async () => {
    const { content, fileName } = loadRecording(name);
    const { records, sections } = await readWhole(content, fileName);
    const truth = new Map(records.map((record) => [record.endPosition, record.body]));
    const used = sections.at(-1)!.next.fileOffset;
    const random = seededRandom(7);
    let stopped = 0;
    for (let round = 0; round < 120; round++) {
      const damage = damages[round % damages.length]!;
      const read = await readUntilDamage(damage(Buffer.from(content), random(used), random), fileName);
      const wrong = [...read].filter(([position, body]) => !truth.get(position)?.equals(body));
      expect(wrong).toEqual([]);
      if (read.size < truth.size) stopped++;
    }
    expect(stopped).toBeGreaterThan(100);
  });
});

describe('a record body that changed under a valid checksum', () => {
  it('decodes to something or is refused by one of the library’s errors, and never takes long', async () => {
    const { content, fileName, schema } = loadRecording('v50-compat4');
    const tables = tablesById(schema);
    const random = seededRandom(11);
    const known = [CorruptMutationError, UnknownTableError, UnknownColumnError, UnsupportedMutationError];
    let refused = 0;
    let slowestMs = 0;
    for (const { body } of (await readWhole(content, fileName)).records) {
      const changed = Buffer.from(body);
      changed[random(changed.length)]! ^= 1 << random(8);
      const startedAt = performance.now();
      try {
        decodeMutation(changed, 7, (id) => tables.get(id));
      } catch (error) {
        if (!known.some((kind) => error instanceof kind)) throw error;
        refused++;
      }
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    expect(slowestMs).toBeLessThan(1000);
    expect(refused).toBeGreaterThan(100);
  });
});
