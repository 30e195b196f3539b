import { type BoundValue, unset } from '../ports/target-keyspace.ts';

/** Encoded CQL values that statements need beside the bytes that came from the source. */
export function bigintBytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function intBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A set or list of these encoded elements. */
export function elementsBytes(elements: readonly Buffer[]): Buffer {
  return Buffer.concat([intBytes(elements.length), ...elements.flatMap(withLength)]);
}

/** A map of these encoded keys and values. */
export function entriesBytes(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([intBytes(entries.length), ...entries.flat().flatMap(withLength)]);
}

/** A user-defined type's value; null fields stay null. */
export function fieldsBytes(fields: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => (field === null ? [intBytes(-1)] : withLength(field))));
}

/** As bound values are sent. */
export function withLength(value: Buffer): Buffer[] {
  return [intBytes(value.length), value];
}

/** Bound values in one piece, in the shape of a page's cells. */
export function packValues(values: readonly BoundValue[]): Buffer {
  const size = values.reduce((sum, value) => sum + 4 + (Buffer.isBuffer(value) ? value.length : 0), 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const value of values) {
    if (Buffer.isBuffer(value)) {
      at = bytes.writeInt32BE(value.length, at);
      at += value.copy(bytes, at);
    } else {
      at = bytes.writeInt32BE(value === unset ? unsetLength : nullLength, at);
    }
  }
  return bytes;
}

const nullLength = -1;
const unsetLength = -2;
