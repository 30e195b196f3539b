/** The few CQL types that the system tables use, from their encoded bytes. */

export function decodeText(bytes: Buffer): string {
  return bytes.toString('utf8');
}

export function decodeInt(bytes: Buffer): number {
  return bytes.readInt32BE();
}

export function decodeBigint(bytes: Buffer): bigint {
  return bytes.readBigInt64BE();
}

export function decodeBoolean(bytes: Buffer): boolean {
  return bytes[0] !== 0;
}

export function decodeUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Microseconds since 1970 of a time UUID. */
export function decodeTimeUuidMicros(bytes: Buffer): bigint {
  const low = BigInt(bytes.readUInt32BE(0));
  const middle = BigInt(bytes.readUInt16BE(4));
  const high = BigInt(bytes.readUInt16BE(6) & 0x0fff);
  return ((high << 48n) | (middle << 32n) | low) / 10n - gregorianToUnixMicros;
}

// Time UUIDs count from 15 October 1582.
const gregorianToUnixMicros = 12_219_292_800_000_000n;

export function decodeInet(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(':');
}

/** The elements of a list or a set. */
export function decodeSet(bytes: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0; left--) {
    const length = bytes.readInt32BE(at);
    elements.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}

export function decodeTextSet(bytes: Buffer | null): readonly string[] {
  return bytes === null ? [] : decodeSet(bytes).map(decodeText);
}

/** A `map<text, text>`. */
export function decodeTextMap(bytes: Buffer): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  let at = 4;
  const next = () => {
    const length = bytes.readInt32BE(at);
    at += 4 + length;
    return decodeText(bytes.subarray(at - length, at));
  };
  for (let left = bytes.readInt32BE(0); left > 0; left--) entries.push([next(), next()]);
  return Object.fromEntries(entries);
}
