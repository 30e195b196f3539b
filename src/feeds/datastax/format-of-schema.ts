import { parseAvroSchema } from '../../wire/avro/avro-type.ts';
import type { DataFormat } from './read-data-message.ts';

/** As the schema registry of the broker has it. */
export interface RegisteredSchema {
  readonly properties: Readonly<Record<string, string>>;
  /** Of a key-value schema: either's length and text, the key's first. */
  readonly data: Buffer;
}

/**
 * How the messages of a data topic are written. Throws SyntaxError for what is no key-value schema: with
 * `outputFormat: json` the connector leaves the write times out.
 */
export function formatOfSchema({ properties, data }: RegisteredSchema): DataFormat {
  const [keyType, valueType] = [properties['key.schema.type'], properties['value.schema.type']];
  if (properties['kv.encoding.type'] === 'SEPARATED' && keyType === valueType) {
    if (valueType === 'JSON') return { kind: 'key-value-json' };
    if (valueType === 'AVRO')
      return { kind: 'key-value-avro', valueType: parseAvroSchema(JSON.parse(valueText(data))) };
  }
  throw new SyntaxError('the data topic is written neither as key-value-avro nor as key-value-json');
}

function valueText(data: Buffer): string {
  const at = 4 + data.readUInt32BE(0);
  return data.toString('utf8', at + 4, at + 4 + data.readUInt32BE(at));
}
