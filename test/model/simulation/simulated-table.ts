import { parseCqlType } from '../../../src/model/cql-type.ts';
import type { Column, ColumnKind, Table } from '../../../src/model/table.ts';

function column(name: string, kind: ColumnKind, type: string, isReversed = false): Column {
  const position = name === 'd' ? 1 : kind === 'regular' || kind === 'static' ? -1 : 0;
  return { name, kind, position, type: parseCqlType(type, () => undefined), isReversed };
}

export const staticText = column('s', 'static', 'text');
export const simpleColumns = [column('a', 'regular', 'text'), column('b', 'regular', 'text')];
export const mapColumn = column('m', 'regular', 'map<text, text>');

const c = column('c', 'clustering', 'int');
const d = column('d', 'clustering', 'int', true);

/** PRIMARY KEY (k, c, d) with d descending, a static, two texts and a map. */
export const table: Table = {
  keyspace: 'shop',
  name: 'orders',
  id: '0123456789abcdef0123456789abcdef',
  isCounter: false,
  hasCdc: false,
  defaultTtlSeconds: 0,
  partitionKey: [column('k', 'partition_key', 'int')],
  clustering: [c, d],
  columns: new Map([staticText, ...simpleColumns, mapColumn].map((each) => [each.name, each])),
  dropped: new Map(),
};

export const partitionKeys = [int32(1), int32(2)];

export const clusterings: readonly (readonly Buffer[])[] = [-1, 2].flatMap((first) =>
  [7, 3].map((second) => [int32(first), int32(second)]),
);

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function keyText(values: readonly Buffer[]): string {
  return values.map((value) => value.toString('hex')).join(':');
}
