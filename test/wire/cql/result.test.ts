import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../../src/wire/cql/body-reader.ts';
import { ColumnsMemory } from '../../../src/wire/cql/columns.ts';
import { readPreamble } from '../../../src/wire/cql/response.ts';
import { readPrepared, readResult, readResultOf } from '../../../src/wire/cql/result.ts';
import { byte, cell, int, preparedBody, short, string, textRowsBody } from './frame-bytes.ts';

describe('readResult', () => {
  test('tells an empty cell from a null one', () => {
    const { rows } = read(textRowsBody(['full', '', null]));
    expect(rows).toEqual([[Buffer.from('full')], [Buffer.alloc(0)], [null]]);
  });

  test('cuts cells as views and copies the paging state', () => {
    const body = textRowsBody(['cell'], Buffer.from('next'));
    const { rows, pagingState } = read(body);
    body.fill(0);
    expect(rows[0]![0]).toEqual(Buffer.alloc(4));
    expect(pagingState).toEqual(Buffer.from('next'));
  });

  test('keeps an empty page with a paging state apart from the end', () => {
    expect(read(textRowsBody([], Buffer.from('more')))).toMatchObject({ rows: [], pagingState: Buffer.from('more') });
    expect(read(textRowsBody([]))).toMatchObject({ rows: [], pagingState: null });
  });

  test('names the table of each column when they come from several', () => {
    const columns = [
      string('k1'),
      string('t1'),
      string('a'),
      short(0x09),
      string('k2'),
      string('t2'),
      string('b'),
      short(0x02),
    ];
    const body = Buffer.concat([int(2), int(0), int(2), ...columns, int(0)]);
    expect(read(body).columns.map(({ keyspace, table, name }) => `${keyspace}.${table}.${name}`)).toEqual([
      'k1.t1.a',
      'k2.t2.b',
    ]);
  });

  test('reads types however deeply they nest', () => {
    const tuple = [short(0x31), short(2), short(0x09), short(0x00), string('org.Own')];
    const udt = [short(0x30), string('ks'), string('addr'), short(1), string('f'), ...tuple];
    const map = [short(0x21), short(0x22), short(0x0d), short(0x20), ...udt];
    const body = Buffer.concat([int(2), int(1), int(1), string('ks'), string('t'), string('c'), ...map, int(0)]);
    const tupleType = { kind: 'tuple', elements: [{ name: 'int' }, { kind: 'custom', className: 'org.Own' }] };
    const udtType = { kind: 'udt', keyspace: 'ks', name: 'addr', fields: [{ name: 'f', type: tupleType }] };
    expect(read(body).columns[0]!.type).toMatchObject({
      kind: 'map',
      key: { kind: 'set', element: { name: 'text' } },
      value: { kind: 'list', element: udtType },
    });
  });

  test('reads void, a keyspace and a schema change as an empty result', () => {
    for (const kind of [1, 3, 5]) expect(read(int(kind)).rows).toEqual([]);
    expect(() => read(int(6))).toThrow('unknown kind 6');
  });

  test('refuses rows that run over the end of their response into the next one', () => {
    const body = textRowsBody(['one', 'two']);
    const joined = Buffer.concat([body, Buffer.alloc(100)]);
    expect(() => readResult(new BodyReader(joined, 0, body.length - 2), [])).toThrow('over the end');
  });

  test('packs rows in one piece on demand: the bytes of the wire and where each row starts', () => {
    const packed = (body: Buffer, end = body.length) =>
      readResultOf(new ColumnsMemory(), new BodyReader(body, 0, end), [], true);
    const body = textRowsBody(['one', '', null], Buffer.from('next'));
    const answer = packed(Buffer.concat([body, Buffer.alloc(10)]), body.length);
    expect(answer).toMatchObject({ rows: [], pagingState: Buffer.from('next') });
    expect(answer.packed!.bytes).toEqual(Buffer.concat([cell('one'), cell(''), cell(null)]));
    expect([...answer.packed!.starts]).toEqual([0, 7, 11, 15]);
    expect(() => packed(body, body.length - 2)).toThrow('over the end');
    const long = textRowsBody(['one', 'and two']);
    expect(() => packed(long, long.length - 2)).toThrow('over the end');
    const lying = Buffer.from(body);
    lying.writeInt32BE(0x7fff_ffff, body.length - 19);
    expect(() => packed(lying)).toThrow('do not fit');
  });

  test('reads the columns anew when they change between two results of a statement', () => {
    const memory = new ColumnsMemory();
    const names = (body: Buffer) => readResultOf(memory, new BodyReader(body), []).columns.map((column) => column.name);
    const renamed = Buffer.from(textRowsBody(['x']).toString('latin1').replace('\0\x01v', '\0\x01w'), 'latin1');
    const twoColumns = Buffer.concat([
      ...[int(2), int(1), int(2), string('ks'), string('t'), string('v'), short(0x0d), string('n'), short(0x0d)],
      ...[int(1), cell('1'), cell('2')],
    ]);
    expect([textRowsBody(['a']), textRowsBody(['b']), twoColumns, renamed, textRowsBody(['c'])].map(names)).toEqual([
      ['v'],
      ['v'],
      ['v', 'n'],
      ['w'],
      ['v'],
    ]);
  });

  test('gives the same columns object again while they stay the same', () => {
    const memory = new ColumnsMemory();
    const read = () => readResultOf(memory, new BodyReader(textRowsBody(['a', null])), []);
    const [first, second] = [read(), read()];
    expect(second.columns).toBe(first.columns);
    expect(second.rows).toEqual([[Buffer.from('a')], [null]]);
  });
});

describe('readPrepared', () => {
  test('reads the id, the bind columns and which of them are the partition key', () => {
    const prepared = readPrepared(new BodyReader(preparedBody('id-1')));
    expect(prepared).toMatchObject({ id: Buffer.from('id-1'), partitionKeyIndexes: [0], resultColumns: [] });
    expect(prepared.bindColumns).toMatchObject([{ keyspace: 'ks', table: 't', name: 'v', type: { name: 'text' } }]);
  });
});

describe('readPreamble', () => {
  test('steps over a tracing id and a custom payload and hands out warnings', () => {
    const warnings = [short(2), string('slow'), string('big batch')];
    const payload = [short(1), string('key'), cell('value')];
    const reader = new BodyReader(Buffer.concat([Buffer.alloc(16), ...warnings, ...payload, byte(42)]));
    expect(readPreamble(reader, 0x02 | 0x04 | 0x08)).toEqual(['slow', 'big batch']);
    expect(reader.byte()).toBe(42);
  });
});

function read(body: Buffer) {
  return readResult(new BodyReader(body), []);
}
