import { readFileSync } from 'node:fs';
import { type ColumnRow, type SchemaRows, type TypeRow, tablesOf } from '../../../src/model/schema.ts';
import type { Table } from '../../../src/model/table.ts';

/** Recorded messages of one table; see test/fixtures/datastax/README.md. */
export interface FixtureFile {
  readonly name: string;
  readonly table: Table;
  readonly ddl: string;
  /** Statements that make the types it needs. */
  readonly types: readonly string[];
  readonly schemas: Readonly<Record<Channel, readonly FixtureSchema[]>>;
  readonly statements: readonly FixtureStatement[];
}

export type Channel = 'events' | 'avro' | 'keyValueJson' | 'json';

interface FixtureSchema {
  readonly version: number;
  readonly type: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
  readonly key: unknown;
  readonly value: unknown;
}

interface FixtureStatement {
  readonly step: number;
  readonly what: string;
  readonly cql: readonly string[];
  readonly messages: Readonly<Partial<Record<Channel, readonly FixtureMessage[]>>>;
}

export interface FixtureMessage {
  readonly topic: string;
  readonly keyHex: string;
  readonly partitionKeyB64Encoded: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly nullValue: boolean;
  readonly payloadHex: string;
  readonly schemaVersion: number;
  readonly publishTime: number;
  /** As Avro for Java reads them; of the JSON channels the text. */
  readonly key: unknown;
  readonly value: unknown;
  readonly entry?: { readonly frame: string };
}

export const fixtureNames = [
  ...['simple', 'comp', 'clust', 'prims', 'keys_p', 'keys_time', 'keys_2dec', 'twodec'],
  ...['keyonly', 'keyonly1', 'colls', 'unstamped', 'mx_on'],
];

export function readFixture(name: string): FixtureFile {
  const text = readFileSync(new URL(`../../fixtures/datastax/${name}.jsonl`, import.meta.url), 'utf8');
  const [first, ...statements] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const rows = schemaRowsOf(first.ddl, first.types);
  return { name, table: tablesOf(rows)[0]!, ddl: first.ddl, types: first.types, schemas: first.schemas, statements };
}

/** Every message of a channel, in the order of the topic. */
export function messagesOf({ statements }: FixtureFile, channel: Channel): readonly FixtureMessage[] {
  return statements.flatMap(({ messages }) => messages[channel] ?? []);
}

/** A message as the port gives it. */
export function receivedOf(message: FixtureMessage) {
  return {
    key: Buffer.from(message.keyHex, 'hex'),
    properties: message.properties,
    payload: Buffer.from(message.payloadHex, 'hex'),
    publishedAtMs: message.publishTime,
    schemaVersion: versionBytes(message.schemaVersion),
  };
}

/** The admin service shows both schemas as one object; the broker's own protocol has them one behind the other. */
export function registeredForm(data: string): Buffer {
  const { key, value } = JSON.parse(data);
  return Buffer.concat(
    [key, value].flatMap((part) => {
      const text = Buffer.from(JSON.stringify(part));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return [length, text];
    }),
  );
}

function versionBytes(version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(version));
  return bytes;
}

function schemaRowsOf(ddl: string, types: readonly string[]): SchemaRows {
  const [, keyspace, table, body, options] = /^CREATE TABLE (\w+)\.(\w+) \((.*)\)(?: WITH (.*))?$/s.exec(ddl)!;
  const parts = splitList(body!);
  const keyPart = parts.find((part) => part.startsWith('PRIMARY KEY'));
  const plain = parts.filter((part) => part !== keyPart);
  const inline = plain.find((part) => part.endsWith(' PRIMARY KEY'));
  const keyList = keyPart ? splitList(/^PRIMARY KEY \((.*)\)$/s.exec(keyPart)![1]!) : [inline!.split(' ')[0]!];
  const partition = splitList(keyList[0]!.replace(/^\((.*)\)$/s, '$1'));
  const clustering = keyList.slice(1);
  const columns = plain.map((part): ColumnRow => {
    const [, column, type, isStatic] = /^(\S+) (.*?)( static)?(?: PRIMARY KEY)?$/s.exec(part)!;
    const [inPartition, inClustering] = [partition.indexOf(column!), clustering.indexOf(column!)];
    const kind =
      inPartition >= 0 ? 'partition_key' : inClustering >= 0 ? 'clustering' : isStatic ? 'static' : 'regular';
    const isDescending = new RegExp(`\\b${column} DESC`).test(options ?? '');
    const position = Math.max(inPartition, inClustering);
    const clusteringOrder = kind === 'clustering' ? (isDescending ? 'desc' : 'asc') : 'none';
    return { keyspace: keyspace!, table: table!, column: column!, kind, position, clusteringOrder, type: type! };
  });
  return {
    tables: [{ keyspace: keyspace!, table: table!, id: tableId, flags: ['compound'], cdc: true, defaultTtlSeconds: 0 }],
    columns,
    types: types.map(typeRowOf),
    droppedColumns: [],
  };
}

const tableId = '11111111222233334444555555555555';

function typeRowOf(ddl: string): TypeRow {
  const [, keyspace, type, body] = /^CREATE TYPE (\w+)\.(\w+) \((.*)\)$/s.exec(ddl)!;
  const fields = splitList(body!).map((part) => /^(\S+) (.*)$/s.exec(part)!);
  return {
    keyspace: keyspace!,
    type: type!,
    fields: fields.map((field) => field[1]!),
    fieldTypes: fields.map((field) => field[2]!),
  };
}

/** At commas outside any bracket. */
function splitList(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if ('(<'.includes(letter)) depth++;
    if (')>'.includes(letter)) depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}
