import type { Table } from '../../src/model/table.ts';
import type { TableReader } from '../../src/ports/table-reader.ts';
import { type TargetStatement, TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { int } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';

/** `id / c` (static ones: `id / static`) to the counters of that row by name. */
export type Counters = Readonly<Record<string, Readonly<Record<string, bigint>>>>;

/** One side of a table of counters with the key `id`, `c`; what is added is added each time it is sent. */
export interface CounterTable extends Pick<TableReader, 'readAll' | 'readPartition'> {
  readonly counters: Counters;
  /** Does what a statement of ours says. */
  apply(statement: TargetStatement): void;
  add(row: string, column: string, by: bigint): void;
}

export function counterTable(table: Table, first: Counters = {}): CounterTable {
  const rows = new Map(Object.entries(first).map(([row, values]) => [row, { ...values }]));
  const add = (row: string, column: string, by: bigint) => {
    const values = rows.get(row) ?? {};
    rows.set(row, { ...values, [column]: BigInt.asIntN(64, (values[column] ?? 0n) + by) });
  };
  const remove = (row: string, column: string) => {
    const { [column]: _, ...others } = rows.get(row) ?? {};
    if (Object.keys(others).length === 0) rows.delete(row);
    else rows.set(row, others);
  };
  const reader = () => inMemoryReader(memoryRows(rows), [2, 0, 3]);
  return {
    readAll: (read) => reader().readAll(read),
    readPartition: (read) => reader().readPartition(read),
    get counters() {
      return Object.fromEntries([...rows].sort());
    },
    add,
    apply({ cql, values }) {
      const columns = [...cql.split(' WHERE ')[0]!.matchAll(/"(\w+)"/g)].map((match) => match[1]!);
      const named = [...new Set(columns)].filter((name) => table.columns.has(name));
      const isAdding = cql.startsWith('UPDATE');
      const key = values.slice(isAdding ? named.length : 0) as Buffer[];
      const row = `${key[0]!.readInt32BE()} / ${key[1]?.readInt32BE() ?? 'static'}`;
      named.forEach((name, index) => {
        if (isAdding) add(row, name, (values[index] as Buffer).readBigInt64BE());
        else remove(row, name);
      });
    },
  };
}

/** Each row shows its partition's static counters, and a partition of nothing else shows them alone. */
function memoryRows(rows: ReadonlyMap<string, Readonly<Record<string, bigint>>>): readonly MemoryRow[] {
  const partitions = new Set([...rows.keys()].map((row) => row.split(' / ')[0]!));
  return [...partitions].flatMap((id) => {
    const statics = encoded(rows.get(`${id} / static`) ?? {});
    const own = [...rows.keys()].filter((row) => row.startsWith(`${id} / `) && !row.endsWith('static'));
    if (own.length === 0) return [{ values: { id: int(Number(id)), ...statics } }];
    return own.map((row) => ({
      values: { id: int(Number(id)), c: int(Number(row.split(' / ')[1])), ...statics, ...encoded(rows.get(row)!) },
    }));
  });
}

function encoded(counters: Readonly<Record<string, bigint>>): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(value);
      return [name, bytes];
    }),
  );
}

export function lostAnswer(): TargetWriteError {
  return new TargetWriteError('transient', 'no answer');
}
