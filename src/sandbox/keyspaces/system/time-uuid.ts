import { randomBytes } from 'node:crypto';

/** Time UUIDs count tenths of microseconds from 15 October 1582. */
const gregorianToUnixMicros = 12_219_292_800_000_000n;

/** A version 1 UUID of this microsecond, as `now()` answers. */
export function timeUuid(micros: bigint): Buffer {
  const count = (micros + gregorianToUnixMicros) * 10n;
  const bytes = randomBytes(16);
  bytes.writeUInt32BE(Number(count & 0xffffffffn), 0);
  bytes.writeUInt16BE(Number((count >> 32n) & 0xffffn), 4);
  bytes.writeUInt16BE(0x1000 | Number((count >> 48n) & 0x0fffn), 6);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes;
}
