import type { CqlType } from '../model/cql-type.ts';

/** A cell of system_schema as far as decoding user tables needs it. */
export type SchemaValue = string | number | boolean | bigint | readonly string[];

/** Decodes a cell of system_schema: a timestamp as milliseconds, a uuid as hex; undefined for types that nothing here asks for. */
export function decodeSchemaValue(type: CqlType, bytes: Buffer): SchemaValue | undefined {
  switch (type.name) {
    case 'text':
      return bytes.toString('utf8');
    case 'boolean':
      return bytes[0] === 1;
    case 'int':
      return bytes.readInt32BE(0);
    case 'timestamp':
      return bytes.readBigInt64BE(0);
    case 'uuid':
      return bytes.toString('hex');
    case 'list':
    case 'set':
      return type.arguments[0]!.name === 'text' ? decodeTexts(bytes) : undefined;
    default:
      return undefined;
  }
}

/** A frozen list or set: int32 count, then int32 length and bytes each. */
function decodeTexts(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0; left--) {
    const length = bytes.readInt32BE(at);
    texts.push(bytes.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts;
}
