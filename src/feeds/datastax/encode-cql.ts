import type { CqlType } from '../../model/cql-type.ts';
import type { AvroValue } from '../../wire/avro/read-avro.ts';
import { concatFields, concatValues } from './concat-values.ts';
import { type EncodeNative, encodeNative } from './encode-native.ts';
import { encodeMapKey } from './map-key-text.ts';

/** How the agent or the connector wrote the values that are encoded. */
export interface WrittenAs {
  /** JSON has no bytes: they are base64 text there. */
  readonly format: 'avro' | 'json';
  /** In keys a tinyint or smallint is written without its sign. */
  readonly isKey: boolean;
}

/** A value that the connector cannot have written for such a column: its table is not what the message was made from. */
export class UnfitValueError extends TypeError {
  override readonly name = 'UnfitValueError';
}

/** The CQL bytes of a value of the events or the data topic; throws UnfitValueError for one that is not of the type. */
export function encodeCql(value: AvroValue, type: CqlType, as: WrittenAs): Buffer | null {
  if (value === null) return null;
  switch (type.name) {
    case 'list':
    case 'set':
      return concatValues(listOf(value, type).map((item) => present(encodeCql(item, type.arguments[0]!, as), type)));
    case 'map':
      return encodeMap(mapOf(value, type), type, as);
    case 'tuple': {
      const fields = mapOf(value, type);
      return concatFields(
        type.arguments.map((each, index) => encodeCql(fields.get(`index_${index}`) ?? null, each, as)),
      );
    }
    case 'udt': {
      const fields = mapOf(value, type);
      // A JSON object leaves its null fields out.
      return concatFields(
        type.arguments.map((each, index) => encodeCql(fields.get(type.udt!.fields[index]!) ?? null, each, as)),
      );
    }
    default:
      return nativeOf(type)(value, as);
  }
}

function nativeOf(type: CqlType): EncodeNative {
  const encode = encodeNative[type.name];
  if (encode) return encode;
  throw new UnfitValueError(`a value of type ${type.name}, which the connector does not write`);
}

function encodeMap(entries: ReadonlyMap<string, AvroValue>, type: CqlType, as: WrittenAs): Buffer {
  const [keyType, valueType] = type.arguments as readonly [CqlType, CqlType];
  const encoded = [...entries].flatMap(([key, value]) => [
    encodeMapKey(key, keyType),
    present(encodeCql(value, valueType, as), type),
  ]);
  return concatValues(encoded, entries.size);
}

function listOf(value: AvroValue, type: CqlType): readonly AvroValue[] {
  if (Array.isArray(value)) return value;
  throw unfit(value, type);
}

function mapOf(value: AvroValue, type: CqlType): ReadonlyMap<string, AvroValue> {
  if (value instanceof Map) return value;
  throw unfit(value, type);
}

function present(bytes: Buffer | null, type: CqlType): Buffer {
  if (bytes !== null) return bytes;
  throw new UnfitValueError(`a null inside a ${type.name}`);
}

function unfit(value: AvroValue, type: CqlType): UnfitValueError {
  return new UnfitValueError(`${typeof value} where a ${type.name} is expected`);
}
