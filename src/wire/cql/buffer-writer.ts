import { type CqlValue, type CqlValues, isPacked, unset } from './value.ts';

// Below this a loop is cheaper than the call into native code that Buffer.copy makes.
const shortCopyBytes = 24;

/** Writes the notations of protocol v4 (section 3). Whoever writes has made sure of the room. */
export class BufferWriter {
  bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(value: number): void {
    this.bytes[this.position++] = value;
  }

  short(value: number): void {
    const { bytes, position } = this;
    bytes[position] = value >> 8;
    bytes[position + 1] = value;
    this.position = position + 2;
  }

  int(value: number): void {
    const { bytes, position } = this;
    bytes[position] = value >> 24;
    bytes[position + 1] = value >> 16;
    bytes[position + 2] = value >> 8;
    bytes[position + 3] = value;
    this.position = position + 4;
  }

  long(value: bigint): void {
    this.position = this.bytes.writeBigInt64BE(value, this.position);
  }

  string(text: string): void {
    const length = this.bytes.write(text, this.position + 2);
    this.short(length);
    this.position += length;
  }

  longString(text: string): void {
    const length = this.bytes.write(text, this.position + 4);
    this.int(length);
    this.position += length;
  }

  raw(source: Buffer): void {
    const { bytes, position } = this;
    const { length } = source;
    if (length < shortCopyBytes) for (let i = 0; i < length; i++) bytes[position + i] = source[i]!;
    else source.copy(bytes, position);
    this.position = position + length;
  }

  shortBytes(source: Buffer): void {
    this.short(source.length);
    this.raw(source);
  }

  values(values: CqlValues): void {
    this.short(countOf(values));
    if (isPacked(values)) {
      this.raw(values.bytes);
      this.raw(values.behind);
    } else {
      for (const value of values) this.value(value);
    }
  }

  /** Length -1 is null, -2 is "not set". */
  value(value: CqlValue): void {
    if (value === null) {
      this.int(-1);
    } else if (value === unset) {
      this.int(-2);
    } else {
      this.int(value.length);
      this.raw(value);
    }
  }
}

/** Bytes that `values` take up, each with its length before it. */
export function sizeOfValues(values: CqlValues): number {
  if (isPacked(values)) return values.bytes.length + values.behind.length;
  let size = 4 * values.length;
  for (const value of values) if (value !== null && value !== unset) size += value.length;
  return size;
}

export function countOf(values: CqlValues): number {
  return isPacked(values) ? values.count : values.length;
}

export function sizeOfText(text: string): number {
  return Buffer.byteLength(text);
}
