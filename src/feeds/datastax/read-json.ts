import type { AvroValue } from '../../wire/avro/read-avro.ts';

/** JSON as the connector writes it, in the shape that Avro is read into; integers keep all their digits. Throws SyntaxError. */
export function readJson(bytes: Buffer): AvroValue {
  return JSON.parse(bytes.toString('utf8'), revive);
}

/** The third argument, the number's own text, is younger than the types of JSON.parse. */
function revive(_: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value === 'number') return /^-?\d+$/.test(context!.source) ? BigInt(context!.source) : value;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
  return isObject ? new Map(Object.entries(value)) : value;
}
