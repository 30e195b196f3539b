import { CorruptSegmentError, UnsupportedSegmentError } from '../../../src/wire/commitlog/errors.ts';
import { type FollowEnd, followSegment } from '../../../src/wire/commitlog/follow-segment.ts';
import { isOrdinaryEnd } from '../../../src/wire/commitlog/marker-chain.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { segmentBytesOf } from '../../../src/wire/commitlog/segment-bytes.ts';
import { hasDataWithoutHeader } from '../../../src/wire/commitlog/segment-header.ts';
import type { Random } from '../../model/simulation/random.ts';

/** A copy of a segment that is flipped, zeroed, cut or overwritten at a random place of its used part. */
export function damagedCopy(content: Buffer, used: number, random: Random): Buffer {
  return random.pick(damages)(Buffer.from(content), random.int(used), random);
}

const damages: readonly ((content: Buffer, at: number, random: Random) => Buffer)[] = [
  (content, at, random) => {
    content[at]! ^= 1 << random.int(8);
    return content;
  },
  (content, at) => content.fill(0, at),
  (content, at) => content.subarray(0, at),
  (content, at, random) => content.fill(random.int(256), at, at + 1 + random.int(64)),
];

/** What a reader takes from a damaged segment before it stops, by position; any error but the library's own comes through. */
export async function readUntilDamage(content: Buffer, fileName: string): Promise<ReadonlyMap<number, Buffer>> {
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

/** What is taken of a segment that its node has finished, a section with a damaged record not at all, and how its reading ended. */
export async function readFinished(
  content: Buffer,
  fileName: string,
): Promise<{ readonly bodies: readonly Buffer[]; readonly end: FollowEnd | 'damaged' }> {
  const bodies: Buffer[] = [];
  const source = segmentBytesOf(content);
  const follower = followSegment(source, fileName);
  try {
    for (;;) {
      const step = await follower.next();
      if (step === 'headerNotYet') return { bodies, end: (await hasDataWithoutHeader(source)) ? 'damaged' : step };
      if (typeof step === 'string') return { bodies, end: isOrdinaryEnd(step) ? step : 'damaged' };
      bodies.push(...[...recordsOf(step)].map(({ body }) => body));
    }
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    return { bodies, end: 'damaged' };
  }
}
