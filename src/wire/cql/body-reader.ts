/** Reads the notations of protocol v4 (section 3) from a part of a buffer; throws on reading past its end. */
export class BodyReader {
  readonly bytes: Buffer;
  readonly end: number;
  position: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  byte(): number {
    return this.bytes[this.#take(1)]!;
  }

  short(): number {
    return this.bytes.readUInt16BE(this.#take(2));
  }

  int(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  string(): string {
    return this.#text(this.short());
  }

  stringList(): string[] {
    const count = this.short();
    const all: string[] = [];
    for (let i = 0; i < count; i++) all.push(this.string());
    return all;
  }

  /** null for a negative length. */
  bytesOrNull(): Buffer | null {
    const length = this.int();
    return length < 0 ? null : this.slice(length);
  }

  shortBytes(): Buffer {
    return this.slice(this.short());
  }

  /** A view, not a copy. */
  slice(length: number): Buffer {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #text(length: number): string {
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  #take(length: number): number {
    const start = this.position;
    // The buffer usually goes on with the next response, so its own bounds would not stop us.
    if (start + length > this.end) throw new Error(`a response ends ${start + length - this.end} bytes too early`);
    this.position = start + length;
    return start;
  }
}
