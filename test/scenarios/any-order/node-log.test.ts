import { expect, test } from 'vitest';
import type { RecordEvent } from '../../../src/model/change-event.ts';
import { readSegments } from './node-log.ts';

const segmentCount = 3;

test('a record of a newer segment never comes without those of the older ones, whenever they are written out', async () => {
  for (const writtenOutAt of moments(segmentCount)) {
    const read = (await readSegments(aLog(writtenOutAt))).map(({ segment }) => segment);
    const newest = Number(read.at(-1) ?? 0);
    expect(read, `written out at reads ${writtenOutAt}`).toEqual(allUpTo(newest));
  }
});

function allUpTo(newest: number): readonly bigint[] {
  return Array.from({ length: newest }, (_, older) => BigInt(older + 1));
}

/** Every way in which segments can be written out, oldest first, before the nth read of any of them; the last never. */
function moments(segments: number, from = 0): readonly (readonly number[])[] {
  if (segments === 0) return [[]];
  const all: number[][] = [];
  for (let at = from; at <= segmentCount; at++) for (const later of moments(segments - 1, at)) all.push([at, ...later]);
  return all;
}

/** Of one record a segment. */
function aLog(writtenOutAt: readonly number[]) {
  let reads = 0;
  return writtenOutAt.map((at, index) => {
    const id = BigInt(index + 1);
    const record: RecordEvent = {
      kind: 'record',
      node: 'n',
      segment: id,
      position: 1,
      logVersion: 7,
      body: Buffer.alloc(0),
    };
    return { id, read: async () => (reads++ >= at ? [record] : []) };
  });
}
