import { type TargetStatement, unset } from '../../src/ports/target-keyspace.ts';

/** A statement with its values in the places of its question marks: numbers in hex, so that nothing is decoded wrongly. */
export function shownStatement({ cql, values }: TargetStatement): string {
  let next = 0;
  const text = cql.replaceAll('?', () => {
    const value = values[next++];
    if (value === undefined) return 'MISSING';
    if (value === unset) return 'unset';
    return value === null ? 'null' : shownBytes(value);
  });
  return next === values.length ? text : `${text} AND ${values.length - next} VALUES TOO MANY`;
}

/** Text where it is letters, else the number that it is, else hex. */
function shownBytes(bytes: Buffer): string {
  if (bytes.length > 0 && /^[a-z]+$/.test(bytes.toString('latin1'))) return bytes.toString('latin1');
  if (bytes.length === 8) return `${bytes.readBigInt64BE()}`;
  if (bytes.length === 4) return `${bytes.readInt32BE()}`;
  return `0x${bytes.toString('hex')}`;
}
