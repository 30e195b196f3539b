/** The few notations of DER (X.690) that a certificate is written in. */
export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

export function set(...parts: readonly Buffer[]): Buffer {
  return element(0x31, Buffer.concat(parts));
}

/** Big-endian, its first bit not set. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

export function octets(bytes: Buffer): Buffer {
  return element(0x04, bytes);
}

export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes]));
}

export function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** Implicitly tagged text or bytes, as in GeneralName. */
export function ia5(tag: number, bytes: Buffer): Buffer {
  return element(0x80 | tag, bytes);
}

/** Explicitly tagged. */
export function tagged(tag: number, content: Buffer): Buffer {
  return element(0xa0 | tag, content);
}

/** UTCTime, which certificates must use up to 2049; GeneralizedTime from then on. */
export function time(instant: Date): Buffer {
  const digits = instant.toISOString().replace(/\.\d+|\D/g, '');
  return instant.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`));
}

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]];
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}
