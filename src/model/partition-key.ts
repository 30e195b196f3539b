/** The encoded values of a partition key, in the order of its columns, from its bytes in the commit log. */
export function splitPartitionKey(key: Buffer, columnCount: number): readonly Buffer[] {
  if (columnCount === 1) return [key];
  const values: Buffer[] = [];
  let at = 0;
  while (values.length < columnCount) {
    const length = key.readUInt16BE(at);
    values.push(key.subarray(at + 2, at + 2 + length));
    at += 2 + length + 1;
  }
  if (at !== key.length)
    throw new RangeError(`partition key of ${key.length} bytes does not hold ${columnCount} values`);
  return values;
}

/** The inverse of splitPartitionKey: the bytes that the partitioner hashes. */
export function joinPartitionKey(values: readonly Buffer[]): Buffer {
  if (values.length === 1) return values[0]!;
  return Buffer.concat(values.flatMap((value) => [uint16(value.length), value, endOfComponent]));
}

const endOfComponent = Buffer.from([0]);

function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
