import { expect, test } from 'vitest';
import { instantText } from '../../src/model/instant-text.ts';

test.each([
  [1_700_000_000_123_456n, '2023-11-14T22:13:20.123Z'],
  [0n, '1970-01-01T00:00:00.000Z'],
  [8_640_000_000_000_000_000n, '+275760-09-13T00:00:00.000Z'],
  [8_640_000_000_000_001_000n, '8640000000000001000 µs'],
  [-(2n ** 63n), '-9223372036854775808 µs'],
])('%d µs is %s', (micros, text) => {
  expect(instantText(micros)).toBe(text);
});
