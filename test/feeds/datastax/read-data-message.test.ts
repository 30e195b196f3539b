import { types } from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import { type DataFormat, encodedValue, readDataMessage } from '../../../src/feeds/datastax/read-data-message.ts';
import { parseAvroSchema } from '../../../src/wire/avro/avro-type.ts';
import { type AvroValue, readAvro } from '../../../src/wire/avro/read-avro.ts';
import { aTable } from '../../support/a-table.ts';
import { type FixtureFile, fixtureNames, messagesOf, readFixture, receivedOf } from './fixture-file.ts';

const json: DataFormat = { kind: 'key-value-json' };

function avroOf(fixture: FixtureFile, version: number): DataFormat {
  const schema = fixture.schemas.avro.find((each) => each.version === version)!;
  return { kind: 'key-value-avro', valueType: parseAvroSchema(schema.value) };
}

describe.each(fixtureNames)('data messages of %s', (name) => {
  const fixture = readFixture(name);

  test('read from Avro as the reference reads them', () => {
    for (const message of messagesOf(fixture, 'avro')) {
      const schema = fixture.schemas.avro.find((each) => each.version === message.schemaVersion)!;
      expect(
        referenceForm(readAvro(parseAvroSchema(schema.key), Buffer.from(message.keyHex, 'hex')), schema.key),
      ).toEqual(message.key);
      if (message.nullValue) continue;
      const value = readAvro(parseAvroSchema(schema.value), Buffer.from(message.payloadHex, 'hex'));
      expect(referenceForm(value, schema.value)).toEqual(message.value);
    }
  });

  test('say the same in both formats', () => {
    const images = (channel: 'avro' | 'keyValueJson') =>
      messagesOf(fixture, channel).map((message) => {
        const format = channel === 'avro' ? avroOf(fixture, message.schemaVersion) : json;
        const { partitionKey, clustering, columns, writeTimeMicros } = readDataMessage(
          receivedOf(message),
          fixture.table,
          format,
        );
        const values = columns
          // Only Avro has tuples at all.
          ?.filter(({ column }) => column.type.name !== 'tuple')
          .map((each) => [each.column.name, canonical(encodedValue(each, format), each.column.type.name)]);
        return JSON.stringify([
          ...[partitionKey.toString('hex'), clustering?.map((value) => value.toString('hex'))],
          ...[`${writeTimeMicros}`, values && Object.fromEntries(values.sort())],
        ]);
      });
    // Two messages of a race may have been read at different moments; each channel has its own connector.
    const [avro, text] = [images('avro'), images('keyValueJson')];
    expect(text.length).toBe(avro.length);
    expect(text.filter((image) => !avro.includes(image))).toEqual([]);
  });

  test('have no value exactly where the reference has none', () => {
    for (const message of messagesOf(fixture, 'avro')) {
      const image = readDataMessage(receivedOf(message), fixture.table, avroOf(fixture, message.schemaVersion));
      expect(image.columns === undefined).toBe(message.value === null);
    }
  });
});

test('values become the bytes that a driver sends for them', () => {
  const fixture = readFixture('prims');
  const [ordinary, lowest] = messagesOf(fixture, 'avro').map((message) =>
    readDataMessage(receivedOf(message), fixture.table, avroOf(fixture, 0)),
  );
  const encoded = (image: typeof ordinary, name: string) =>
    encodedValue(image!.columns!.find(({ column }) => column.name === name)!, avroOf(fixture, 0))!;
  expect(encoded(ordinary, 'c_decimal')).toEqual(types.BigDecimal.toBuffer(types.BigDecimal.fromString('12.50')));
  expect(encoded(ordinary, 'c_duration')).toEqual(types.Duration.fromString('1mo2d3h4m5s6ms7us8ns').toBuffer());
  expect(encoded(lowest, 'c_duration')).toEqual(types.Duration.fromString('-1mo2d3h').toBuffer());
  expect(encoded(ordinary, 'c_date')).toEqual(types.LocalDate.fromString('2024-02-29').toBuffer());
  expect(encoded(lowest, 'c_date')).toEqual(types.LocalDate.fromString('1969-12-31').toBuffer());
  // Nanoseconds are lost on the way.
  expect(encoded(ordinary, 'c_time')).toEqual(types.LocalTime.fromString('13:30:54.234567').toBuffer());
  expect(encoded(ordinary, 'c_inet')).toEqual(types.InetAddress.fromString('192.168.1.10').getBuffer());
  expect(encoded(lowest, 'c_inet')).toEqual(types.InetAddress.fromString('::1').getBuffer());
  expect(encoded(lowest, 'c_tinyint')).toEqual(Buffer.from([0x80]));
  expect(encoded(lowest, 'c_bigint')).toEqual(Buffer.from('8000000000000000', 'hex'));
});

test('in JSON a tuple of null is a tuple that was not read', () => {
  const fixture = readFixture('colls');
  const image = readDataMessage(receivedOf(messagesOf(fixture, 'keyValueJson')[0]!), fixture.table, json);
  expect(image.columns!.map(({ column }) => column.name)).not.toContain('tp');
});

test('what stands beside a partition without a row are its statics, never a row', () => {
  const fixture = readFixture('comp');
  const ofPartitions = messagesOf(fixture, 'avro')
    .map((message) => readDataMessage(receivedOf(message), fixture.table, avroOf(fixture, 0)))
    .filter((image) => image.clustering === undefined && image.columns !== undefined);
  expect(ofPartitions.length).toBeGreaterThan(0);
  expect(ofPartitions.flatMap(({ columns }) => columns!.map(({ column }) => column.kind))).not.toContain('regular');
});

test('the value of a column that the table does not have is left behind', () => {
  const message = { key: Buffer.from('{"id":1}'), properties: {}, payload: Buffer.from('{"name":"a","later":1}') };
  const image = readDataMessage(message, aTable(), json);
  expect(image.columns!.map(({ column }) => column.name)).toEqual(['name']);
});

test('integers in JSON keep all their digits', () => {
  const table = aTable({ regulars: { n: 'bigint' } });
  const payload = Buffer.from('{"n":9223372036854775807}');
  const image = readDataMessage({ key: Buffer.from('{"id":1}'), properties: {}, payload }, table, json);
  expect(encodedValue(image.columns![0]!, json)).toEqual(Buffer.from('7fffffffffffffff', 'hex'));
});

/** A set or a map has no order of its own: its bytes sorted are enough to compare two. */
function canonical(bytes: Buffer | null, type: string): string | null {
  if (bytes === null) return null;
  return type === 'set' || type === 'map' ? `${bytes.length}:${[...bytes].sort()}` : bytes.toString('hex');
}

/** As tools of the fixtures print what Avro for Java has read: bytes, longs, floats and maps marked as such. */
function referenceForm(value: AvroValue, schema: unknown): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return { $long: `${value}` };
  if (Buffer.isBuffer(value)) return { $hex: value.toString('hex') };
  const types = (Array.isArray(schema) ? schema : [schema]).filter((each) => each !== 'null');
  const type = types[0];
  const name = typeof type === 'string' ? type : type.type;
  if (typeof value === 'number') return name === 'int' ? value : { [`$${name}`]: javaText(value, name) };
  if (Array.isArray(value)) return value.map((item) => referenceForm(item, type.items));
  const map = value as ReadonlyMap<string, AvroValue>;
  if (name === 'map')
    return { $map: Object.fromEntries([...map].map(([key, item]) => [key, referenceForm(item, type.values)])) };
  const fields: { name: string; type: unknown }[] = knownFields(type);
  return Object.fromEntries(fields.map((field) => [field.name, referenceForm(map.get(field.name)!, field.type)]));
}

const named = new Map<string, { name: string; type: unknown }[]>();

/** Of a record, or of one that was written out before and is named now. */
function knownFields(type: string | { name: string; fields: { name: string; type: unknown }[] }) {
  if (typeof type === 'string') return named.get(type)!;
  const record = (type as { type?: unknown }).type;
  if (typeof record === 'object') return knownFields(record as never);
  named.set(type.name, type.fields);
  return type.fields;
}

function javaText(value: number, name: string): string {
  if (Object.is(value, -0)) return '-0.0';
  if (!Number.isFinite(value)) return `${value}`;
  const shortest = name === 'float' ? Number(value.toPrecision(8)) : value;
  const text = `${shortest}`;
  if (!text.includes('e')) return text.includes('.') ? text : `${text}.0`;
  const [digits, exponent] = text.split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}
