import { expect, test } from 'vitest';
import { SequenceRule } from '../../../src/wire/pulsar/sequence-rule.ts';

test('without ids of the caller they count on behind what the broker has', () => {
  const rule = new SequenceRule(false);
  rule.resumeAfter(41);
  expect([rule.next(undefined), rule.next(undefined)]).toEqual([42, 43]);
});

test('ids of the caller may leave gaps, and must rise', () => {
  const rule = new SequenceRule(true);
  expect([rule.next(3), rule.next(10)]).toEqual([3, 10]);
  expect(() => rule.next(10)).toThrow('sequence id 10 after 10');
  expect(() => rule.next(7)).toThrow('sequence id 7 after 10');
  expect(rule.next(11)).toBe(11);
});

test('what the broker has is not sent again, and never after something new', () => {
  const rule = new SequenceRule(true);
  rule.resumeAfter(9);
  expect([rule.next(5), rule.next(9), rule.next(10)]).toEqual([null, null, 10]);
  expect(() => rule.next(9)).toThrow('sequence id 9 after 10');
});

test('ids of the caller and ids of our own do not mix', () => {
  const own = new SequenceRule(true);
  own.next(undefined);
  expect(() => own.next(5)).toThrow('some have none');
  const given = new SequenceRule(true);
  given.next(5);
  expect(() => given.next(undefined)).toThrow('some have none');
});

test('ids of the caller need a name for the broker to keep them by', () => {
  expect(() => new SequenceRule(false).next(1)).toThrow('a producer with a name');
});

test.each([-1, 1.5, Number.NaN, 2 ** 53])('%s is no sequence id', (id) => {
  expect(() => new SequenceRule(true).next(id)).toThrow('no whole number');
});
