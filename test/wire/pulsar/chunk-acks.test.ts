import { expect, test } from 'vitest';
import { ChunkAcks, lastSafeEntry } from '../../../src/wire/pulsar/chunk-acks.ts';

test('a message is known by its last entry and gives all of them, once', () => {
  const acks = new ChunkAcks();
  acks.received([anId(1), anId(3), anId(6)]);
  expect(acks.of(anId(6)).map(({ entryId }) => entryId)).toEqual([1, 3, 6]);
  acks.done(anId(6));
  expect(acks.of(anId(6))).toEqual([]);
});

test('what ends behind an entry holds it back by its first chunk', () => {
  const acks = new ChunkAcks();
  acks.received([anId(1), anId(3), anId(6)]);
  expect(lastSafeEntry(anId(4), acks.begunBefore(anId(4)))).toMatchObject({ entryId: 0 });
  expect(lastSafeEntry(anId(6), acks.begunBefore(anId(6)))).toMatchObject({ entryId: 6 });
  acks.doneUpTo(anId(6));
  expect(acks.of(anId(6))).toEqual([]);
});

test('the earliest of several decides, and in the first entry of a ledger nothing is safe', () => {
  expect(lastSafeEntry(anId(9), [anId(7), anId(4), anId(12)])).toMatchObject({ entryId: 3 });
  expect(lastSafeEntry(anId(9), [anId(7), anId(0)])).toBeNull();
  expect(lastSafeEntry(anId(9), [anId(12)])).toEqual(anId(9));
});

function anId(entryId: number) {
  return { ledgerId: 1, entryId, batchIndex: -1, partition: -1 };
}
