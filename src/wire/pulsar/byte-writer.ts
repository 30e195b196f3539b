const twoTo32 = 2 ** 32;
/** Long.MAX_VALUE has no exact double; it means "latest". */
const longMax = 2 ** 63;

/** A growing buffer. From the pool (allocUnsafe): five times faster than fresh memory for small messages. */
export class ByteWriter {
  buffer: Buffer;
  length = 0;

  constructor(size = 256) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  written(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + count));
    this.buffer.copy(bigger, 0, 0, this.length);
    this.buffer = bigger;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.length = this.buffer.writeUInt16BE(value, this.length);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeUInt32BE(value, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytes(source: Uint8Array): void {
    this.reserve(source.length);
    this.buffer.set(source, this.length);
    this.length += source.length;
  }

  /** Any integer; a negative one becomes ten bytes of two's complement. */
  varint(value: number): void {
    if (value >= 0 && value < twoTo32) this.varint32(value);
    else if (value >= longMax) this.varint64(0xffffffff, 0x7fffffff);
    else {
      const high = Math.floor(value / twoTo32);
      this.varint64(value - high * twoTo32, high >>> 0);
    }
  }

  bigVarint(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.varint64(Number(bits & 0xffffffffn), Number(bits >> 32n));
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.reserve(size);
    this.length += this.buffer.write(value, this.length, size, 'utf8');
  }

  private varint32(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  private varint64(lowBits: number, highBits: number): void {
    this.reserve(10);
    let low = lowBits >>> 0;
    let high = highBits >>> 0;
    while (high > 0 || low > 0x7f) {
      this.buffer[this.length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.buffer[this.length++] = low;
  }
}
