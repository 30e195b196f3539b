import type { Random } from '../../model/simulation/random.ts';
import { randomTypedValue, typedColumns } from './typed-values.ts';
import type { WriteTimes } from './write-times.ts';

export interface Application {
  readonly history: number;
  readonly random: Random;
  readonly times: WriteTimes;
  /** Whether cells and markers may end while the test runs; CQL tells a reader too little of a marker to recopy such rows. */
  readonly mayExpireSoon: boolean;
}

/** One statement of the application, of any kind that a driver can send. `KS` stands for the keyspace. */
export function randomStatement(app: Application): string {
  const kind = app.random.next();
  if (kind < 0.1) return randomBatch(app);
  if (kind < 0.15) return randomConditional(app);
  return single(app, usingOf(app));
}

/** The write time is given by most statements, so that a seed means nearly the same history again. */
interface Using {
  readonly timestamp: string | undefined;
  readonly ttl: string | undefined;
  /** A TTL that ends soon goes to simple columns only: CQL 4.x cannot read what is left of a collection's. */
  readonly isSoon: boolean;
}

function usingOf(app: Application, withTimestamp = app.random.chance(0.8)): Using {
  const { random, times } = app;
  const timestamp = withTimestamp ? `TIMESTAMP ${times.next()}` : undefined;
  const isSoon = app.mayExpireSoon && random.chance(0.15);
  if (isSoon) return { timestamp, ttl: `TTL ${2 + random.int(7)}`, isSoon };
  const kind = random.next();
  const ttl = kind < 0.2 ? `TTL ${2000 + random.int(2000)}` : kind < 0.25 ? 'TTL 0' : undefined;
  return { timestamp, ttl, isSoon };
}

function single(app: Application, using: Using): string {
  const kind = app.random.next();
  if (kind < 0.62) return onWide(app, using);
  if (kind < 0.72) return onTypes(app, using);
  if (kind < 0.8) return onKeyOnly(app, using);
  if (kind < 0.9) return onFading(app, using);
  return onPlain(app, using);
}

function randomBatch(app: Application): string {
  const { random, times } = app;
  const isOneTime = random.chance(0.4);
  const count = 2 + random.int(3);
  const statements = Array.from({ length: count }, () => {
    const using = usingOf(app, !isOneTime);
    const statement = random.chance(0.8)
      ? onWide(app, { ...using, isSoon: false, ttl: undefined })
      : single(app, using);
    return `${statement};`;
  });
  const at = isOneTime ? ` USING TIMESTAMP ${times.next()}` : '';
  return `BEGIN ${random.pick(['UNLOGGED ', ''])}BATCH${at} ${statements.join(' ')} APPLY BATCH`;
}

function randomConditional(app: Application): string {
  const { random } = app;
  const using = usingOf(app, false);
  const row = `WHERE ${wideRow(app)}`;
  return random.pick([
    `INSERT INTO KS.wide (h, p, c1, c2, c3, a, s) VALUES (${wideKey(app)}, ${text(app)}, {'lwt'}) IF NOT EXISTS${usingText({ ...using, isSoon: false, ttl: undefined })}`,
    `UPDATE KS.wide SET a = ${text(app)}, m = {1: 'lwt'} ${row} IF EXISTS`,
    `DELETE FROM KS.wide ${row} IF EXISTS`,
    `DELETE a, s FROM KS.wide ${row} IF b != 77`,
  ]);
}

function onWide(app: Application, using: Using): string {
  const { random } = app;
  const kind = random.next();
  if (kind < 0.22) return insertWide(app, using);
  if (kind < 0.55)
    return `UPDATE KS.wide${usingText(using)} SET ${wideAssignments(app, using).join(', ')} WHERE ${wideRow(app)}`;
  if (kind < 0.67) return staticsOfWide(app, using);
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  if (kind < 0.78) return `DELETE ${wideDeletions(app).join(', ')} FROM KS.wide${at} WHERE ${wideRow(app)}`;
  if (kind < 0.85) return `DELETE FROM KS.wide${at} WHERE ${wideRow(app)}`;
  if (kind < 0.97) return `DELETE FROM KS.wide${at} WHERE ${wideRange(app)}`;
  return `DELETE FROM KS.wide${at} WHERE ${widePartition(app)}`;
}

function insertWide(app: Application, using: Using): string {
  const columns = someOf(app, wideValues(app, using.isSoon), 0.4);
  const statics: readonly (readonly [string, string])[] = app.random.chance(0.15) ? [['st', text(app)]] : [];
  const all = [...columns, ...statics];
  const names = ['h', 'p', 'c1', 'c2', 'c3', ...all.map(([name]) => name)];
  const values = [wideKey(app), ...all.map(([, value]) => (app.random.chance(0.1) ? 'null' : value))];
  return `INSERT INTO KS.wide (${names.join(', ')}) VALUES (${values.join(', ')})${usingText(using)}`;
}

function wideValues(app: Application, isSimpleOnly: boolean): readonly (readonly [string, string])[] {
  const simple = [
    ['a', text(app)],
    ['b', number(app)],
    ['d', `${number(app)}.50`],
    ['fl', `[${number(app)}, 2]`],
    ['fm', `{'f': ${number(app)}}`],
    ['fu', `{street: ${text(app)}, number: null}`],
    ['tu', `(${number(app)}, ${text(app)})`],
  ] as const;
  if (isSimpleOnly) return simple;
  const multicell = [
    ['s', app.random.chance(0.2) ? '{}' : `{${element(app)}, ${element(app)}}`],
    ['m', `{${app.random.int(3)}: ${text(app)}}`],
    ['u', `{street: ${text(app)}, number: ${number(app)}}`],
    ['l', `[${text(app)}, 'two']`],
  ] as const;
  return [...simple, ...multicell];
}

function wideAssignments(app: Application, { isSoon }: Using): readonly string[] {
  const whole = wideValues(app, true).map(([name, value]) => `${name} = ${app.random.chance(0.1) ? 'null' : value}`);
  if (isSoon) return atLeastOne(app, whole);
  const { random } = app;
  const parts = [
    random.pick([`s = s + {${element(app)}}`, `s = s - {${element(app)}}`, `s = {${element(app)}}`]),
    random.pick([
      `m[${random.int(3)}] = ${text(app)}`,
      `m[${random.int(3)}] = null`,
      `m = m + {${random.int(3)}: ${text(app)}}`,
      `m = m - {${random.int(3)}}`,
      `m = {${random.int(3)}: ${text(app)}}`,
    ]),
    random.pick([`u.street = ${text(app)}`, `u.number = ${number(app)}`, 'u.number = null', "u.tags = {'t'}"]),
    random.pick([`l = l + [${text(app)}]`, `l = [${text(app)}] + l`, `l = [${text(app)}]`]),
  ];
  return atLeastOne(app, [...whole, ...parts]);
}

function wideDeletions(app: Application): readonly string[] {
  return atLeastOne(app, ['a', 'b', 's', `m[${app.random.int(3)}]`, 'u.street', 'l', 'fl', 'tu'], 0.25);
}

function staticsOfWide(app: Application, using: Using): string {
  const { random } = app;
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  if (random.chance(0.3))
    return `DELETE ${random.pick(['st', 'sm', 'sl', 'st, sn'])} FROM KS.wide${at} WHERE ${widePartition(app)}`;
  const simple = [`st = ${text(app)}`, `sn = ${number(app)}`];
  const parts = [
    random.pick([`sm[${element(app)}] = ${number(app)}`, `sm = {${element(app)}: 1}`]),
    random.pick([`sl = sl + [${number(app)}]`, `sl = [${number(app)}]`]),
  ];
  const assignments = atLeastOne(app, using.isSoon ? simple : [...simple, ...parts]);
  return `UPDATE KS.wide${usingText(using)} SET ${assignments.join(', ')} WHERE ${widePartition(app)}`;
}

function widePartition(app: Application): string {
  return `h = ${app.history} AND p = ${app.random.pick(["'a'", "'b'"])}`;
}

function wideKey({ history, random }: Application): string {
  return `${history}, ${random.pick(["'a'", "'b'"])}, ${random.int(2)}, ${random.pick(["'x'", "''"])}, ${random.int(2)}`;
}

function wideRow(app: Application): string {
  const { random } = app;
  return `${widePartition(app)} AND c1 = ${random.int(2)} AND c2 = ${random.pick(["'x'", "''"])} AND c3 = ${random.int(2)}`;
}

function wideRange(app: Application): string {
  const { random } = app;
  const c1 = random.int(2);
  const c2 = random.pick(["'x'", "''"]);
  const range = random.pick([
    `c1 = ${c1}`,
    `c1 = ${c1} AND c2 = ${c2}`,
    `c1 ${random.pick(['<', '<=', '>', '>='])} ${c1}`,
    `c1 = ${c1} AND c2 ${random.pick(['<', '<=', '>', '>='])} ${c2}`,
    `c1 = ${c1} AND c2 = ${c2} AND c3 ${random.pick(['<', '<=', '>', '>='])} ${random.int(2)}`,
    `c1 > -1 AND c1 < 1`,
    `c1 = ${c1} AND (c2, c3) > (${c2}, ${random.int(2)})`,
    `c1 IN (0, 1) AND c2 = ${c2}`,
  ]);
  return `${widePartition(app)} AND ${range}`;
}

function onTypes(app: Application, using: Using): string {
  const { random, history } = app;
  const k = random.int(2);
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  const columns = atLeastOne(
    app,
    typedColumns.filter((name) => !using.isSoon || name !== 'c_nested'),
    0.3,
  );
  const literalOf = (name: string) => (random.chance(0.1) ? 'null' : randomTypedValue(name, random));
  const kind = random.next();
  if (kind < 0.5)
    return `INSERT INTO KS.types (h, k, ${columns.join(', ')}) VALUES (${history}, ${k}, ${columns.map(literalOf).join(', ')})${usingText(using)}`;
  if (kind < 0.8)
    return `UPDATE KS.types${usingText(using)} SET ${columns.map((name) => `${name} = ${literalOf(name)}`).join(', ')} WHERE h = ${history} AND k = ${k}`;
  const what = kind < 0.9 ? `${columns.join(', ')} ` : '';
  return `DELETE ${what}FROM KS.types${at} WHERE h = ${history} AND k = ${k}`;
}

function onKeyOnly({ history, random }: Application, using: Using): string {
  const [k1, k2] = [random.int(2), random.pick(['0x', '0x01', '0xff'])];
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  const kind = random.next();
  if (kind < 0.6) return `INSERT INTO KS.keyonly (h, k1, k2) VALUES (${history}, ${k1}, ${k2})${usingText(using)}`;
  if (kind < 0.75) return `DELETE FROM KS.keyonly${at} WHERE h = ${history} AND k1 = ${k1} AND k2 = ${k2}`;
  if (kind < 0.9) return `DELETE FROM KS.keyonly${at} WHERE h = ${history} AND k1 = ${k1} AND k2 >= ${k2}`;
  return `DELETE FROM KS.keyonly${at} WHERE h = ${history}`;
}

function onFading(app: Application, using: Using): string {
  const { random, history } = app;
  const c = `0000000${random.int(2)}-0000-4000-8000-000000000000`;
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  const s = using.isSoon ? 'null' : `{${random.int(3)}}`;
  const kind = random.next();
  if (kind < 0.4)
    return `INSERT INTO KS.fading (h, c, a, b${using.isSoon ? '' : ', s'}) VALUES (${history}, ${c}, ${text(app)}, null${using.isSoon ? '' : `, ${s}`})${usingText(using)}`;
  if (kind < 0.7)
    return `UPDATE KS.fading${usingText(using)} SET b = ${text(app)}${using.isSoon ? '' : ', s = s + {9}'} WHERE h = ${history} AND c = ${c}`;
  if (kind < 0.8) return `UPDATE KS.fading${usingText(using)} SET st = ${text(app)} WHERE h = ${history}`;
  if (kind < 0.9) return `DELETE a FROM KS.fading${at} WHERE h = ${history} AND c = ${c}`;
  return `DELETE FROM KS.fading${at} WHERE h = ${history} AND c ${random.pick(['=', '>='])} ${c}`;
}

function onPlain(app: Application, using: Using): string {
  const { random, history } = app;
  const k = random.int(2);
  const at = using.timestamp === undefined ? '' : ` USING ${using.timestamp}`;
  const kind = random.next();
  if (kind < 0.4)
    return `INSERT INTO KS."Plain" (h, "K", "V", n) VALUES (${history}, ${k}, ${text(app)}, ${number(app)})${usingText(using)}`;
  if (kind < 0.7)
    return `UPDATE KS."Plain"${usingText(using)} SET n = ${number(app)}${using.isSoon ? '' : `, m[${element(app)}] = 5`} WHERE h = ${history} AND "K" = ${k}`;
  if (kind < 0.85) return `DELETE "V", m[${element(app)}] FROM KS."Plain"${at} WHERE h = ${history} AND "K" = ${k}`;
  return `DELETE FROM KS."Plain"${at} WHERE h = ${history} AND "K" = ${k}`;
}

function usingText({ timestamp, ttl }: Using): string {
  const parts = [timestamp, ttl].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` USING ${parts.join(' AND ')}`;
}

function someOf<T>({ random }: Application, all: readonly T[], probability: number): readonly T[] {
  return all.filter(() => random.chance(probability));
}

function atLeastOne<T>(app: Application, all: readonly T[], probability = 0.2): readonly T[] {
  const some = someOf(app, all, probability);
  return some.length > 0 ? some : [app.random.pick(all)];
}

function text({ random }: Application): string {
  return random.chance(0.05) ? "''" : `'t${random.int(100_000)}'`;
}

function number({ random }: Application): string {
  return `${random.int(100_000) - 50_000}`;
}

function element({ random }: Application): string {
  return random.pick(["'e0'", "'e1'", "'e2'", "''"]);
}
