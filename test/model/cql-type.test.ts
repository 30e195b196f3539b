import { describe, expect, it } from 'vitest';
import { cqlTypeText, fixedLengthOf, isMulticell, parseCqlType, type ResolveUdt } from '../../src/model/cql-type.ts';
import { loadRecording, recordings } from '../wire/commitlog/recorded-segment.ts';

const noTypes: ResolveUdt = () => undefined;

describe('a CQL type', () => {
  it.each(recordings)(
    'of every column in the schema recorded with %s is the same after it was written as text',
    (name) => {
      const { schema } = loadRecording(name);
      const texts = new Set([...schema.columns, ...schema.droppedColumns].map((row) => `${row.keyspace} ${row.type}`));
      for (const text of texts) {
        const [keyspace, ...rest] = text.split(' ');
        const resolveUdt: ResolveUdt = (udt) => {
          const row = schema.types.find((type) => type.keyspace === keyspace && type.type === udt);
          return row && { fields: row.fields, types: row.fieldTypes };
        };
        const type = parseCqlType(rest.join(' '), resolveUdt);
        expect(parseCqlType(cqlTypeText(type), resolveUdt)).toEqual(type);
      }
      expect(texts.size).toBeGreaterThan(50);
    },
  );

  it('is written without a length in the log only where its values all have one', () => {
    const lengths = [
      'int',
      'bigint',
      'timeuuid',
      'boolean',
      'vector<float, 3>',
      'vector<text, 2>',
      'tinyint',
      'date',
      'counter',
    ];
    expect(lengths.map((text) => fixedLengthOf(parseCqlType(text, noTypes)))).toEqual([
      4,
      8,
      16,
      1,
      12,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is stored element by element only where it is a collection or user-defined type that is not frozen', () => {
    const texts = [
      'list<int>',
      'set<frozen<list<int>>>',
      'frozen<map<int, int>>',
      'tuple<int, text>',
      'vector<float, 3>',
    ];
    expect(texts.map((text) => isMulticell(parseCqlType(text, noTypes)))).toEqual([true, true, false, false, false]);
    expect(parseCqlType('list<list<int>>', noTypes).arguments[0]!.isFrozen).toBe(true);
  });

  it('that is unknown or cut is refused with its text', () => {
    for (const text of ['list<int', 'map<int', 'nosuch', 'int int', 'box<int>', '']) {
      expect(() => parseCqlType(text, noTypes)).toThrow(SyntaxError);
      expect(() => parseCqlType(text, noTypes)).toThrow(`"${text}"`);
    }
  });
});
