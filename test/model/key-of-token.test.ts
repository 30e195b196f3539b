import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxToken, minToken, tokenOf } from '../../src/model/token.ts';
import { keyOfToken } from '../support/key-of-token.ts';

test('a key can be found for every token that a key can have', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: minToken + 1n, max: maxToken }), (token) => {
      expect(tokenOf(keyOfToken(token))).toBe(token);
    }),
  );
  for (const token of [minToken + 1n, -1n, 0n, 1n, maxToken]) expect(tokenOf(keyOfToken(token))).toBe(token);
});

test('the smallest token is none of a key: the largest stands for it', () => {
  expect(tokenOf(keyOfToken(minToken))).toBe(maxToken);
});
