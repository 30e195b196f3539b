import { crc32 } from 'node:zlib';

/** CRC-32 over ints, each as four big-endian bytes. */
export function checksumOfInts(ints: readonly number[]): number {
  const bytes = Buffer.allocUnsafe(ints.length * 4);
  for (const [index, int] of ints.entries()) bytes.writeInt32BE(int | 0, index * 4);
  return crc32(bytes);
}

/** The two halves of a segment id as Cassandra feeds them to a checksum: low first, then high. */
export function halvesOfId(id: bigint): readonly [number, number] {
  return [Number(BigInt.asIntN(32, id)), Number(BigInt.asIntN(32, id >> 32n))];
}

/** CRC-32 of four bytes. A call into zlib costs more than the four look-ups, and every record needs one. */
export function checksumOfFourBytes(bytes: Buffer, at: number): number {
  let crc = 0xffffffff;
  for (let i = at; i < at + 4; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
