import { expect, test } from 'vitest';
import { owedWith } from '../../src/capture/owed-holes.ts';
import { type CaptureHole, captureHole } from '../../src/model/capture-hole.ts';

function aHole(from: bigint, to: bigint, part: Partial<CaptureHole> = {}): CaptureHole {
  return captureHole({
    node: 'n1',
    fromSegment: from,
    toSegment: to,
    fromMicros: from * 10n,
    toMicros: to * 10n + 9n,
    tableIds: ['aa'],
    reason: 'released',
    ...part,
  });
}

test('a hole that follows the last for the same reason is joined to it, with all tables and the whole span', () => {
  expect(owedWith([aHole(1n, 2n)], aHole(3n, 4n, { tableIds: ['bb'] }))).toEqual([
    aHole(1n, 4n, { tableIds: ['aa', 'bb'] }),
  ]);
});

test('a joined hole has another name than its part, which may be booked already', () => {
  const part = aHole(1n, 2n);
  expect(owedWith([part], aHole(3n, 3n))[0]!.id).not.toBe(part.id);
});

test('a hole of any table leaves any table in doubt', () => {
  expect(owedWith([aHole(1n, 2n, { tableIds: undefined })], aHole(3n, 4n))[0]!.tableIds).toBeUndefined();
});

test('holes of other reasons, or that lie before, stay apart', () => {
  expect(owedWith([aHole(1n, 2n)], aHole(3n, 4n, { reason: 'vanished' }))).toHaveLength(2);
  expect(owedWith([aHole(5n, 6n)], aHole(3n, 4n))).toHaveLength(2);
});
