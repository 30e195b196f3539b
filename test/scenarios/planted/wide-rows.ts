import { intHex, numbers, type PlantedRow } from './planted-row.ts';

export const wideDdl: readonly string[] = [
  'CREATE TABLE KS.wide (id int, at int, owner text static, a text, b blob, PRIMARY KEY (id, at))',
  'CREATE TABLE KS.keys (id int, at int, PRIMARY KEY (id, at)) WITH CLUSTERING ORDER BY (at DESC)',
  'CREATE TABLE KS.fleeting (id int PRIMARY KEY, a text, b text)',
];

const partitions = 20;

/** What the application does to the same partitions, to rows and statics of its own. */
export const wideWrites: readonly string[] = [
  "INSERT INTO KS.wide (id, at, a, b) VALUES (%, #, 'app ?', 0x00)",
  "UPDATE KS.wide SET a = 'again ?' WHERE id = % AND at = #",
  'DELETE a FROM KS.wide WHERE id = % AND at = #',
  'DELETE FROM KS.wide WHERE id = % AND at = #',
  "INSERT INTO KS.wide (id, owner) VALUES (#, 'owner ?')",
  'INSERT INTO KS.keys (id, at) VALUES (%, #)',
  'DELETE FROM KS.keys WHERE id = % AND at >= # AND at < 1000000',
  "INSERT INTO KS.fleeting (id, a, b) VALUES (#, 'a ?', 'b') USING TTL 5000",
];

/** In a table of partitions, statics and rows, `mismatches` of them with another value. */
export function wideRows(mismatches: number): readonly PlantedRow[] {
  const of = (n: number) => {
    const [id, where] = [n % partitions, `id = ${n % partitions} AND at = ${n}`];
    const insert = (a: string, b = '0x01') => `INSERT INTO KS.wide (id, at, a, b) VALUES (${id}, ${n}, ${a}, ${b})`;
    return { row: { table: 'wide', key: `${intHex(id)}/${intHex(n)}` }, where, insert };
  };
  const missing = (n: number): PlantedRow => {
    const { row, where, insert } = of(n);
    return { ...row, kind: 'missing', onSource: [insert(`'a'`)], onTarget: [`DELETE FROM KS.wide WHERE ${where}`] };
  };
  const extra = (n: number): PlantedRow => ({ ...of(n).row, kind: 'extra', onTarget: [of(n).insert(`'a'`)] });
  const other = (n: number, column: string, was: readonly [string, string], set: string): PlantedRow => {
    const { row, where, insert } = of(n);
    const onTarget = [`UPDATE KS.wide SET ${column} = ${set} WHERE ${where}`];
    return { ...row, kind: 'mismatch', columns: [column], onSource: [insert(...was)], onTarget };
  };
  return [
    ...numbers(100).map((n) => missing(n)),
    ...numbers(100).map((n) => extra(1_000 + n)),
    ...numbers(30).map((n) => other(2_000 + n, 'a', [`''`, '0x01'], 'null')),
    ...numbers(30).map((n) => other(3_000 + n, 'a', ['null', '0x01'], `''`)),
    ...numbers(20).map((n) => other(4_000 + n, 'b', [`'a'`, '0x'], 'null')),
    ...numbers(20).map((n) => other(5_000 + n, 'b', [`'a'`, 'null'], '0x')),
    ...numbers(mismatches).map((n) => other(6_000 + n, 'a', [`'one'`, '0x01'], `'other'`)),
    ...staticRows,
    ...keyRows,
    ...fleetingRows,
    ...lastingRows,
  ];
}

const staticRows: readonly PlantedRow[] = numbers(20).map((id) => {
  const set = (owner: string) => `INSERT INTO KS.wide (id, owner) VALUES (${id}, ${owner})`;
  const row = { table: 'wide', key: `${intHex(id)}/` };
  if (id < 8)
    return { ...row, kind: 'mismatch', columns: ['owner'], onSource: [set(`'one'`)], onTarget: [set(`'two'`)] };
  const onTarget = [`DELETE owner FROM KS.wide WHERE id = ${id}`];
  if (id < 14) return { ...row, kind: 'missing', onSource: [set(`'one'`)], onTarget };
  return { ...row, kind: 'extra', onTarget: [set(`'nobody'`)] };
});

/** Rows of nothing but a key. */
const keyRows: readonly PlantedRow[] = numbers(60).map((n) => {
  const [id, insert] = [n % 7, `INSERT INTO KS.keys (id, at) VALUES (${n % 7}, ${n})`];
  const row = { table: 'keys', key: `${intHex(id)}/${intHex(n)}` };
  if (n % 2 === 0) return { ...row, kind: 'extra', onTarget: [insert] };
  const onTarget = [`DELETE FROM KS.keys WHERE id = ${id} AND at = ${n}`];
  return { ...row, kind: 'missing', onSource: [insert], onTarget };
});

/** Expired on one side, and there to stay on the other; whole rows and single cells. */
const fleetingRows: readonly PlantedRow[] = numbers(60).map((id) => {
  const insert = `INSERT INTO KS.fleeting (id, a, b) VALUES (${id}, 'a', 'b')`;
  const row = { table: 'fleeting', key: `${intHex(id)}/` };
  if (id < 20) return { ...row, kind: 'missing', onSource: [insert], onTarget: [`${insert} USING TTL 1`] };
  if (id < 40) return { ...row, kind: 'extra', onSource: [`${insert} USING TTL 1`], onTarget: [insert] };
  const onTarget = [`UPDATE KS.fleeting USING TTL 1 SET b = 'c' WHERE id = ${id}`];
  return { ...row, kind: 'mismatch', columns: ['b'], onSource: [insert], onTarget };
});

/** Equal values that end at other times, or on one side only. */
const lastingRows: readonly PlantedRow[] = numbers(30).map((n) => {
  const id = 200 + n;
  const insert = `INSERT INTO KS.fleeting (id, a, b) VALUES (${id}, 'a', 'b')`;
  const set = (using: string) => `UPDATE KS.fleeting ${using} SET b = 'b' WHERE id = ${id}`;
  const row = { table: 'fleeting', key: `${intHex(id)}/`, kind: 'mismatch', columns: ['TTL(b)'] } as const;
  if (n < 10) return { ...row, onSource: [insert], onTarget: [set('USING TTL 5000')] };
  const onSource = [`${insert} USING TTL 9000`];
  return { ...row, onSource, onTarget: [n < 20 ? set('') : set('USING TTL 5000')] };
});
