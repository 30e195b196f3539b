import { isMulticell } from '../../../src/model/cql-type.ts';
import { type Column, keyColumns, qualifiedName, quoteName, type Table } from '../../../src/model/table.ts';
import type { CqlRows } from '../../../src/wire/cql/cql-connection.ts';

/** A row as CQL shows it on one side, by the name of what was asked. */
type ShownRow = ReadonlyMap<string, Buffer | null>;

export interface Side {
  readonly keyspace: string;
  /** All rows of a table of this side. */
  readonly ask: (cql: string) => Promise<CqlRows>;
}

export interface ShownDifference {
  /** First partition key value: the history's number. */
  readonly history: number;
  readonly text: string;
}

/**
 * Every cell that the sides show differently: value, write time, TTL. A TTL counts from a write's arrival and is read
 * as of a read's, so that a second more may lie between the sides for each that the slowest of either took.
 */
export async function compareSides(
  table: Table,
  source: Side,
  target: Side,
  hasOwnTimes: (history: number) => boolean,
  slowestWriteMs = 0,
): Promise<readonly ShownDifference[]> {
  const asked = selectorsOf(table);
  const began = performance.now();
  const [left, right] = await Promise.all([source, target].map((side) => readAll(table, asked, side)));
  const slackSeconds = Math.floor((performance.now() - began + slowestWriteMs) / 1000);
  const keys = new Set([...left!.keys(), ...right!.keys()]);
  return [...keys].flatMap((key) => {
    const [a, b] = [left!.get(key), right!.get(key)];
    const history = Buffer.from(key.slice(0, 8), 'hex').readInt32BE();
    const text = describe(table, a, b, hasOwnTimes(history), slackSeconds);
    return text === undefined ? [] : [{ history, text: `${table.name} ${keyText(key)}: ${text}` }];
  });
}

interface Selector {
  readonly name: string;
  readonly cql: string;
  readonly kind: 'value' | 'writetime' | 'ttl';
  readonly column: Column;
}

/** Identity, write time and TTL of a list's elements are not carried over: only its value counts. */
function selectorsOf(table: Table): readonly Selector[] {
  return [...table.columns.values()].flatMap((column): Selector[] => {
    const cql = quoteName(column.name);
    const value: Selector = { name: column.name, cql, kind: 'value', column };
    if (column.type.name === 'list' && isMulticell(column.type)) return [value];
    return [
      value,
      { name: `writetime(${column.name})`, cql: `writetime(${cql})`, kind: 'writetime', column },
      { name: `ttl(${column.name})`, cql: `ttl(${cql})`, kind: 'ttl', column },
    ];
  });
}

async function readAll(table: Table, asked: readonly Selector[], side: Side): Promise<ReadonlyMap<string, ShownRow>> {
  const keys = keyColumns(table);
  const list = [...keys.map((column) => quoteName(column.name)), ...asked.map(({ cql }) => cql)].join(', ');
  const { rows } = await side.ask(`SELECT ${list} FROM ${qualifiedName(table, side.keyspace)}`);
  return new Map(
    rows.map((row) => [
      row
        .slice(0, keys.length)
        .map((value) => value?.toString('hex') ?? 'null')
        .join('/'),
      new Map(asked.map(({ name }, index) => [name, row[keys.length + index]!])),
    ]),
  );
}

function describe(
  table: Table,
  a: ShownRow | undefined,
  b: ShownRow | undefined,
  hasOwnTimes: boolean,
  slackSeconds: number,
): string | undefined {
  if (!a) return `extra ${shown(b!)}`;
  if (!b) return `missing ${shown(a)}`;
  const wrong = selectorsOf(table).filter(
    (selector) => !isEqual(selector, a.get(selector.name)!, b.get(selector.name)!, hasOwnTimes, slackSeconds),
  );
  if (wrong.length === 0) return undefined;
  return wrong
    .map(({ name }) => `${name} ${a.get(name)?.toString('hex')} -> ${b.get(name)?.toString('hex')}`)
    .join('; ');
}

function isEqual(
  { kind, column }: Selector,
  a: Buffer | null,
  b: Buffer | null,
  hasOwnTimes: boolean,
  slackSeconds: number,
): boolean {
  if (kind === 'value') return hexOf(a) === hexOf(b);
  // What was read again has the stamp of its reading, and of a collection no TTL.
  if (!hasOwnTimes && (kind === 'writetime' || isMulticell(column.type))) return true;
  if (kind === 'writetime') return hexOf(a) === hexOf(b);
  const [left, right] = [a, b].map((bytes) => secondsOf(bytes, isMulticell(column.type)));
  // The snapshot's rows are kept back for a while, and what they still have to live with them.
  const tolerance = slackSeconds + (hasOwnTimes ? 2 : 60);
  return left!.length === right!.length && left!.every((ttl, at) => Math.abs(ttl - right![at]!) <= tolerance);
}

function secondsOf(bytes: Buffer | null, isList: boolean): readonly number[] {
  if (bytes === null) return [];
  if (!isList) return [bytes.readInt32BE()];
  const seconds: number[] = [];
  for (let at = 4; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    seconds.push(length < 0 ? -1 : bytes.readInt32BE(at + 4));
    at += 4 + Math.max(0, length);
  }
  return seconds;
}

function shown(row: ShownRow): string {
  return [...row].flatMap(([name, value]) => (value === null ? [] : [`${name}=${value.toString('hex')}`])).join(' ');
}

function hexOf(value: Buffer | null): string {
  return value === null ? 'null' : value.toString('hex');
}

function keyText(key: string): string {
  return `(${key})`;
}
