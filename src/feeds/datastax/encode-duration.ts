/** Months, days and nanoseconds, each as Cassandra's own variable-length integer. */
export function encodeDuration(months: bigint, days: bigint, nanoseconds: bigint): Buffer {
  return Buffer.concat([months, days, nanoseconds].map(encodeVint));
}

/** Zigzag; as many leading ones in the first byte as bytes follow it. */
function encodeVint(value: bigint): Buffer {
  const bits = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  let following = 0;
  while (following < 8 && bits >> BigInt(7 + 7 * following) !== 0n) following++;
  const bytes = Buffer.alloc(following + 1);
  let left = bits;
  for (let at = following; at > 0; at--) {
    bytes[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  bytes[0] = Number(left) | ((0xff00 >> following) & 0xff);
  return bytes;
}
