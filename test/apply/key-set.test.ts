import { expect, test } from 'vitest';
import { KeySet } from '../../src/apply/key-set.ts';
import { aTable } from '../support/a-table.ts';

test('knows the keys that it was given, and no other that has the same bytes in other columns', () => {
  const keys = new KeySet(aTable({ clustering: { a: 'text', b: 'text' } }).clustering);
  keys.add([Buffer.from('ab'), Buffer.from('c')]);
  keys.add([]);
  expect(keys.has([Buffer.from('ab'), Buffer.from('c')])).toBe(true);
  expect(keys.has([])).toBe(true);
  expect(keys.has([Buffer.from('a'), Buffer.from('bc')])).toBe(false);
  expect(keys.has([Buffer.from('abc'), Buffer.alloc(0)])).toBe(false);
});
