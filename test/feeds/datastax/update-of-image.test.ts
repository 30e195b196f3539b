import { describe, expect, test } from 'vitest';
import { formatOfSchema } from '../../../src/feeds/datastax/format-of-schema.ts';
import { readDataMessage } from '../../../src/feeds/datastax/read-data-message.ts';
import { updateOfImage } from '../../../src/feeds/datastax/update-of-image.ts';
import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { readFixture, receivedOf, registeredForm } from './fixture-file.ts';

/** What the messages of a recorded step say, one after the other. */
function said(name: string, step: number, channel: 'avro' | 'keyValueJson' = 'avro'): readonly PartitionUpdate[] {
  const fixture = readFixture(name);
  const { messages } = fixture.statements.find((statement) => statement.step === step)!;
  return messages[channel]!.map((message) => {
    const { data, properties } = fixture.schemas[channel].find(({ version }) => version === message.schemaVersion)!;
    const format = formatOfSchema({ data: registeredForm(data), properties });
    return updateOfImage(readDataMessage(receivedOf(message), fixture.table, format), fixture.table, format)!;
  });
}

const shown = ({ cells }: { readonly cells: PartitionUpdate['rows'][number]['cells'] }) =>
  Object.fromEntries(cells.map(({ column, value }) => [column.name, value?.toString('hex')]));

describe('an image', () => {
  test('is all of its row at the write time of its mutation', () => {
    const [update] = said('simple', 1);
    expect(update!.rows[0]!.marker).toEqual({ timestampMicros: 1704067201000000n });
    expect(shown(update!.rows[0]!)).toEqual({ n: '00000007', v: '68656c6c6f' });
    expect(new Set(update!.rows[0]!.cells.map(({ timestampMicros }) => timestampMicros))).toEqual(
      new Set([1704067201000000n]),
    );
  });

  test('deletes what is null in it', () => {
    expect(shown(said('simple', 4)[0]!.rows[0]!)).toEqual({ n: '00000008', v: undefined });
  });

  test('of nothing deletes its row', () => {
    const [update] = said('simple', 5);
    expect(update!.rows[0]).toMatchObject({ cells: [], deletion: { timestampMicros: 1704067205000000n } });
  });

  test('of nulls is a row all the same', () => {
    const [row] = said('simple', 8)[0]!.rows;
    expect(row).toMatchObject({ marker: { timestampMicros: 1704067208000000n } });
    expect(row!.deletion).toBeUndefined();
  });

  test('overwrites collections element by element, and leaves lists to be read again', () => {
    const [row] = said('colls', 1)[0]!.rows;
    const deleted = new Map(row!.columnDeletions.map(({ column, timestampMicros }) => [column.name, timestampMicros]));
    expect(deleted.get('s_int')).toBe(1704068301000000n - 1n);
    const cellsOf = (name: string) => row!.cells.filter(({ column }) => column.name === name);
    expect(
      cellsOf('s_int')
        .map(({ path }) => path!.readInt32BE())
        .sort(),
    ).toEqual([-4, 3]);
    expect(cellsOf('m_ti').map(({ path, value }) => [`${path}`, value!.readInt32BE()])).toEqual([['x', 7]]);
    expect(cellsOf('u').map(({ path }) => path!.readUInt16BE())).toEqual([0, 1, 2, 3]);
    expect(cellsOf('l_text')).toEqual([]);
    expect(deleted.has('l_text')).toBe(true);
    expect(cellsOf('fl').map(({ value }) => value!.toString('hex'))).toEqual(['00000000']);
  });

  test('leaves a tuple alone in JSON, which cannot tell of it', () => {
    expect(said('colls', 1)[0]!.rows[0]!.cells.some(({ column }) => column.name === 'tp')).toBe(true);
    expect(said('colls', 1, 'keyValueJson')[0]!.rows[0]!.cells.some(({ column }) => column.name === 'tp')).toBe(false);
  });
});

describe('an image without a row', () => {
  const stepsOf = (name: string, isWanted: (update: PartitionUpdate) => boolean) =>
    readFixture(name)
      .statements.filter(({ messages }) => (messages.avro ?? []).length > 0)
      .flatMap(({ step, messages }) =>
        said(name, step).map((update, index) => ({ update, message: messages.avro![index]! })),
      )
      .filter(({ update }) => isWanted(update));

  test('where there are statics is those, and no row', () => {
    const found = stepsOf('comp', ({ rows, partitionDeletion }) => rows.length === 0 && !partitionDeletion);
    expect(found.length).toBeGreaterThan(0);
    for (const { update } of found)
      expect(update.staticRow!.cells.every(({ column }) => column.kind === 'static')).toBe(true);
  });

  test('and without a value is the delete of its partition', () => {
    const found = stepsOf('comp', ({ partitionDeletion }) => partitionDeletion !== undefined);
    expect(found.length).toBeGreaterThan(0);
    for (const { update, message } of found)
      expect(`${update.partitionDeletion!.timestampMicros}`).toBe(message.properties.writetime);
  });

  test('but with a value is a delete too, one older than the rows that came with it', () => {
    const found = stepsOf('clust', ({ partitionDeletion }) => partitionDeletion !== undefined).filter(
      ({ message }) => !message.nullValue,
    );
    expect(found.length).toBeGreaterThan(0);
    for (const { update, message } of found) {
      expect(update.rows).toEqual([]);
      expect(update.partitionDeletion!.timestampMicros).toBe(BigInt(message.properties.writetime!) - 1n);
    }
  });
});

test('an image without a write time says nothing that could be stamped', () => {
  const image = { partitionKey: Buffer.alloc(1), clustering: [], columns: [] };
  const { table } = readFixture('simple');
  expect(updateOfImage({ ...image, writeTimeMicros: undefined }, table, { kind: 'key-value-json' })).toBeUndefined();
});

test.each([
  [{}],
  [{ 'kv.encoding.type': 'INLINE', 'key.schema.type': 'AVRO', 'value.schema.type': 'AVRO' }],
  [{ 'kv.encoding.type': 'SEPARATED', 'key.schema.type': 'STRING', 'value.schema.type': 'STRING' }],
])('a topic of another schema is refused: %j', (properties) => {
  expect(() => formatOfSchema({ properties: properties as never, data: Buffer.alloc(0) })).toThrow(SyntaxError);
});
