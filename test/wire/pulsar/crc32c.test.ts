import { expect, test } from 'vitest';
import { crc32c } from '../../../src/wire/pulsar/crc32c.ts';

test.each([
  ['the nine digits', Buffer.from('123456789'), 0xe3069283],
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 rising bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s is that of RFC 3720', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test('what lies before the start does not count', () => {
  expect(crc32c(Buffer.from('xx123456789'), 2)).toBe(0xe3069283);
});

test('wherever bytes are cut in two, the checksum goes on from that of the first part', () => {
  const bytes = Buffer.from(Array.from({ length: 70 }, (_, i) => (i * 37) & 0xff));
  const whole = crc32c(bytes);
  for (let at = 0; at <= bytes.length; at++) {
    expect(crc32c(bytes.subarray(at), 0, crc32c(bytes.subarray(0, at)))).toBe(whole);
  }
});
