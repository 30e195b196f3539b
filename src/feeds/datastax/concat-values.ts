/** A list, set or map: the number of its entries, then each value behind its length. */
export function concatValues(values: readonly Buffer[], entries = values.length): Buffer {
  return Buffer.concat([int32(entries), ...values.flatMap((value) => [int32(value.length), value])]);
}

/** A tuple or user-defined type: each field behind its length, -1 for null. */
export function concatFields(fields: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => (field === null ? [int32(-1)] : [int32(field.length), field])));
}

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
