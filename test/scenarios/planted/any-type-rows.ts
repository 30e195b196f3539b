import { intHex, numbers, type PlantedRow } from './planted-row.ts';

/** Of each type two values that a careless comparison may take for one. */
const types: readonly (readonly [type: string, one: string, other: string])[] = [
  ['ascii', `''`, `' '`],
  ['bigint', '9223372036854775807', '9223372036854775806'],
  ['blob', '0x00', '0x0000'],
  ['boolean', 'true', 'false'],
  ['date', `'2024-02-29'`, `'2024-03-01'`],
  ['decimal', '1.5', '1.50'],
  ['double', '0.0', '-0.0'],
  ['duration', '1mo', '30d'],
  ['float', '1.5', 'NaN'],
  ['inet', `'127.0.0.1'`, `'::1'`],
  ['int', '0', '-1'],
  ['smallint', '1', '256'],
  ['text', `'caf\u00e9'`, `'cafe\u0301'`],
  ['time', `'00:00:00'`, `'00:00:00.000000001'`],
  ['timestamp', '1700000000000', '1700000000001'],
  ['timeuuid', '50554d6e-29bb-11e5-b345-feff819cdc9f', '50554d6e-29bb-11e5-b345-feff819cdc90'],
  ['tinyint', '127', '-128'],
  ['uuid', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001'],
  ['varint', '127', '128'],
  ['vector<float, 2>', '[1, 2]', '[2, 1]'],
  ['list<int>', '[1, 2]', '[2, 1]'],
  ['set<text>', `{'a'}`, `{'a', ''}`],
  ['map<text, int>', `{'a': 1}`, `{'a': 2}`],
  ['frozen<list<int>>', '[1]', '[]'],
  ['frozen<map<text, int>>', `{'a': 1}`, `{'b': 1}`],
  ['tuple<int, text>', `(1, '')`, '(1, null)'],
  ['pair', '{x: 1, y: 2}', '{x: 1}'],
  ['frozen<pair>', '{x: 1, y: 2}', '{x: 2, y: 1}'],
];

export const anyTypeDdl: readonly string[] = [
  'CREATE TYPE KS.pair (x int, y int)',
  `CREATE TABLE KS.any_type (id int PRIMARY KEY, note text, ${types.map(([type], index) => `c${index} ${type}`).join(', ')})`,
];

/** Four columns of its own for the application. */
export const anyTypeWrites: readonly string[] = [
  "UPDATE KS.any_type SET note = 'n?', c10 = ? WHERE id = ?",
  'UPDATE KS.any_type SET c20 = c20 + [?] WHERE id = ?',
  "INSERT INTO KS.any_type (id, c12, c26) VALUES (?, 'x', {x: 1, y: 2})",
  'DELETE FROM KS.any_type WHERE id = ?',
];

/** Sixteen of each type: another value, null on the target, null on the source. */
export const anyTypeRows: readonly PlantedRow[] = types.flatMap(([, one, other], index) => {
  const column = `c${index}`;
  const planted = (n: number, onSource: string, onTarget: string): PlantedRow => {
    const id = index * 100 + n;
    return {
      ...{ table: 'any_type', key: `${intHex(id)}/`, kind: 'mismatch', columns: [column] },
      onSource: [`INSERT INTO KS.any_type (id, note, ${column}) VALUES (${id}, 'kept', ${onSource})`],
      onTarget: [`UPDATE KS.any_type SET ${column} = ${onTarget} WHERE id = ${id}`],
    };
  };
  return numbers(16).map((n) => {
    if (n < 8) return planted(n, one, other);
    return n < 12 ? planted(n, other === '[]' ? one : other, 'null') : planted(n, 'null', one);
  });
});
