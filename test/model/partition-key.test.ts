import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinPartitionKey, splitPartitionKey } from '../../src/model/partition-key.ts';

describe('a partition key', () => {
  it('is joined and split again into the same values', () => {
    const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
        expect(splitPartitionKey(joinPartitionKey(values), values.length)).toEqual(values);
      }),
    );
  });

  it('of one column is its bare value; of several, each behind its length and before a zero', () => {
    expect(joinPartitionKey([Buffer.from('ab')]).toString('hex')).toBe('6162');
    expect(joinPartitionKey([Buffer.from('ab'), Buffer.from([7])]).toString('hex')).toBe('0002616200' + '00010700');
  });

  it('that does not hold that many values is refused', () => {
    const key = joinPartitionKey([Buffer.from('ab'), Buffer.from([7])]);
    expect(() => splitPartitionKey(Buffer.concat([key, key]), 2)).toThrow(RangeError);
    expect(() => splitPartitionKey(key, 3)).toThrow(RangeError);
  });
});
