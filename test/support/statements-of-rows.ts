import { type BoundValue, type RowWrites, type TargetStatement, unset } from '../../src/ports/target-keyspace.ts';

/** Each row as the statement that it is. */
export function statementsOfRows({ cql, rows, using }: RowWrites): readonly TargetStatement[] {
  return rows.map((row) => ({ cql, values: [...unpack(row), ...unpack(using)] }));
}

function unpack(packed: Buffer): BoundValue[] {
  const values: BoundValue[] = [];
  for (let at = 0; at < packed.length; ) {
    const length = packed.readInt32BE(at);
    at += 4;
    if (length < 0) values.push(length === -2 ? unset : null);
    else values.push(packed.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
