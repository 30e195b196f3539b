/** Zigzag, seven bits a byte, the lowest first. */
export function avroLong(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

/** Bytes or a string. */
export function avroBytes(value: Buffer): Buffer {
  return Buffer.concat([avroLong(BigInt(value.length)), value]);
}

export function avroString(text: string): Buffer {
  return avroBytes(Buffer.from(text, 'utf8'));
}

/** The second branch of a union with null, or null. */
export function avroNullable(value: Buffer | undefined): Buffer {
  return value === undefined ? Buffer.from([0]) : Buffer.concat([Buffer.from([2]), value]);
}
