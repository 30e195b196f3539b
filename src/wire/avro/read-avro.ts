import type { AvroRecord, AvroType } from './avro-type.ts';

/** int, float and double are numbers, long is a bigint; a record's and a map's values stand under their names. */
export type AvroValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | readonly AvroValue[]
  | ReadonlyMap<string, AvroValue>;

/** Reads one value of Avro's binary form. Throws AvroError unless the bytes hold exactly one. */
export function readAvro(type: AvroType, bytes: Buffer): AvroValue {
  const reader = new AvroReader(bytes);
  const value = reader.read(type);
  reader.expectEnd();
  return value;
}

/** The bytes are not of the type. */
export class AvroError extends RangeError {
  override readonly name = 'AvroError';
}

const mostNested = 64;

class AvroReader {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length)
      throw new AvroError(`${this.#bytes.length - this.#at} of ${this.#bytes.length} bytes are left over`);
  }

  read(type: AvroType): AvroValue {
    if (++this.#depth > mostNested) throw new AvroError(`nested more than ${mostNested} deep`);
    const value = this.#value(type);
    this.#depth--;
    return value;
  }

  #value(type: AvroType): AvroValue {
    switch (type.kind) {
      case 'null':
        return null;
      case 'boolean':
        return this.#boolean();
      case 'int':
        return this.#int();
      case 'long':
        return this.#long();
      case 'float':
        return this.#take(4).readFloatLE();
      case 'double':
        return this.#take(8).readDoubleLE();
      case 'bytes':
        return this.#take(this.#length());
      case 'string':
        return this.#take(this.#length()).toString('utf8');
      case 'array':
        return this.#blocks(() => this.read(type.items));
      case 'map':
        return new Map(this.#blocks(() => [this.#take(this.#length()).toString('utf8'), this.read(type.items)]));
      case 'union':
        return this.read(this.#branchOf(type.branches));
      case 'record':
        return this.#record(type);
    }
  }

  #record({ fields }: AvroRecord): AvroValue {
    return new Map(fields.map(({ name, type }) => [name, this.read(type)]));
  }

  #branchOf(branches: readonly AvroType[]): AvroType {
    const index = this.#int();
    const branch = branches[index];
    if (branch === undefined) throw new AvroError(`branch ${index} of a union of ${branches.length}`);
    return branch;
  }

  #boolean(): boolean {
    const [byte] = this.#take(1);
    if (byte! > 1) throw new AvroError(`${byte} where a boolean is expected`);
    return byte === 1;
  }

  /** Blocks of items until an empty one; a negative count is followed by the block's length in bytes. */
  #blocks<Item>(readItem: () => Item): Item[] {
    const items: Item[] = [];
    for (let count = this.#int(); count !== 0; count = this.#int()) {
      if (count < 0) this.#long();
      for (let left = Math.abs(count); left > 0; left--) {
        // Items of no bytes at all would let a few bytes ask for billions of them.
        if (items.length > this.#bytes.length) throw new AvroError('more items than bytes');
        items.push(readItem());
      }
    }
    return items;
  }

  #length(): number {
    const length = this.#int();
    if (length < 0) throw new AvroError(`a length of ${length}`);
    return length;
  }

  #int(): number {
    const value = this.#long();
    if (value !== BigInt.asIntN(32, value)) throw new AvroError(`${value} where an int is expected`);
    return Number(value);
  }

  #long(): bigint {
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.#take(1);
      bits |= BigInt(byte! & 0x7f) << shift;
      if (byte! < 0x80) break;
      if (shift === 63n) throw new AvroError('a long of more than ten bytes');
    }
    return BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n));
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new AvroError(`${length} bytes expected at ${this.#at} of ${this.#bytes.length}`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
