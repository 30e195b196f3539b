/** The number that bytes hold as two's complement of any length: CQL's varint, and the digits of its decimal. */
export function readVarint(bytes: Buffer): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

/** The fewest bytes of two's complement, as Java's BigInteger has them. */
export function writeVarint(value: bigint): Buffer {
  const bits = (value < 0n ? ~value : value).toString(2).length + 1;
  const length = Math.ceil(bits / 8);
  const hex = BigInt.asUintN(length * 8, value).toString(16);
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex');
}
