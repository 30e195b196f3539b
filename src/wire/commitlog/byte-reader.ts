import { CorruptMutationError } from './errors.ts';

/**
 * Reads Cassandra's primitives from a record body, front to back. Every read past the end throws CorruptMutationError.
 * It is the innermost loop of decoding: numbers stay numbers until they need 64 bits.
 */
export class ByteReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw this.#tooShort(1);
    return this.bytes[this.at++]!;
  }

  uint16(): number {
    const high = this.byte();
    return (high << 8) | this.byte();
  }

  /** A piece of the body, sharing its memory. */
  take(length: number): Buffer {
    const start = this.at;
    const end = start + length;
    if (end > this.bytes.length) throw this.#tooShort(length);
    this.at = end;
    return this.bytes.subarray(start, end);
  }

  skip(length: number): void {
    if (length > this.remaining) throw this.#tooShort(length);
    this.at += length;
  }

  /** What was read since then, a character for each byte. */
  latin1Since(start: number): string {
    return this.bytes.toString('latin1', start, this.at);
  }

  /** The next bytes as lower-case hex digits. */
  hex(length: number): string {
    const start = this.at;
    this.skip(length);
    return this.bytes.toString('hex', start, this.at);
  }

  /** An unsigned vint that must be small: a length, a count, a bitmap. */
  vint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    const extra = extraBytesOf(first);
    if (extra > this.remaining) throw this.#tooShort(extra);
    let value = first & (0xff >> extra);
    for (let i = 0; i < extra; i++) value = value * 256 + this.bytes[this.at++]!;
    if (value > Number.MAX_SAFE_INTEGER) throw this.corrupt('a number above 2^53 where a small one belongs');
    return value;
  }

  /** The low 32 bits of an unsigned vint, where writers put differences of ints: a negative one fills nine bytes. */
  vintLow32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    const extra = extraBytesOf(first);
    if (extra > this.remaining) throw this.#tooShort(extra);
    let value = first & (0xff >> extra);
    for (let i = 0; i < extra; i++) value = (value << 8) | this.bytes[this.at++]!;
    return value >>> 0;
  }

  /** An unsigned vint of up to 64 bits. */
  vint64(): bigint {
    const first = this.byte();
    if (first < 0x80) return BigInt(first);
    const extra = extraBytesOf(first);
    if (extra > this.remaining) throw this.#tooShort(extra);
    let high = 0;
    let low = first & (0xff >> extra);
    for (let i = 0; i < extra; i++) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | this.bytes[this.at++]!;
    }
    high >>>= 0;
    low >>>= 0;
    return high < 0x200000 ? BigInt(high * 0x1_0000_0000 + low) : (BigInt(high) << 32n) | BigInt(low);
  }

  /** An unsigned vint added to a base, wrapped to a signed 64-bit number. */
  offsetFrom(base: bigint): bigint {
    const delta = this.vint64();
    if (delta === 0n) return base;
    const sum = base + delta;
    return sum < maxInt64 && sum > 0n ? sum : BigInt.asIntN(64, sum);
  }

  /** Bytes behind their length as a vint. */
  lengthPrefixed(): Buffer {
    return this.take(this.vint());
  }

  /** An encoded value: of a fixed length, or behind its length where that is given as -1. */
  value(fixedLength: number): Buffer {
    return fixedLength < 0 ? this.lengthPrefixed() : this.take(fixedLength);
  }

  /** A count of things that take at least one byte each, so that a damaged one cannot cost memory or time. */
  count(): number {
    const count = this.vint();
    if (count > this.remaining) throw this.corrupt(`a count of ${count} before the last ${this.remaining} bytes`);
    return count;
  }

  corrupt(reason: string): CorruptMutationError {
    return new CorruptMutationError(this.at, reason);
  }

  #tooShort(length: number): CorruptMutationError {
    return this.corrupt(`${length} more bytes expected, ${this.remaining} left`);
  }
}

const maxInt64 = 2n ** 63n;

/** The number of leading 1 bits of a vint's first byte: 0xff announces eight bytes and holds none of the value. */
function extraBytesOf(first: number): number {
  return Math.clz32(~(first << 24));
}
