import { expect, it } from 'vitest';
import { BusPosition, comparePositions, idOf } from '../../../src/adapters/pulsar/bus-position.ts';

const at = (ledgerId: number, entryId: number, batchIndex = -1) =>
  new BusPosition({ ledgerId, entryId, batchIndex, partition: -1, batchSize: 0 });

it('positions compare by ledger, then entry, then place in the batch', () => {
  const rising = [at(1, 9), at(2, 0), at(2, 1, 0), at(2, 1, 1), at(2, 10, 0), at(10, 0)];
  expect([...rising].reverse().sort(comparePositions)).toEqual(rising);
});

it('a position that was written down and read again is the same place', () => {
  const position = at(5, 6, 7);
  const kept = JSON.parse(JSON.stringify(position));
  expect(kept).toEqual({ text: '5:6:7:-1' });
  expect(comparePositions(kept, position)).toBe(0);
  expect(idOf(kept)).toMatchObject({ ledgerId: 5, entryId: 6, batchIndex: 7 });
});

it('a text that is no position is refused', () => {
  expect(() => idOf({ text: 'yesterday' })).toThrow(TypeError);
});
