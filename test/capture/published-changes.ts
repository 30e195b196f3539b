import type { RecordEvent } from '../../src/model/change-event.ts';
import type { Mutation, PartitionUpdate, RowChange } from '../../src/model/mutation.ts';
import type { Table } from '../../src/model/table.ts';
import { decodeMutation } from '../../src/wire/commitlog/decode-mutation.ts';
import type { CaptureWorld, PublishedEvent } from './capture-world.ts';

/** A record as whoever decodes it sees it. */
export function decodeRecord(event: RecordEvent, tables: readonly Table[]): Mutation {
  return decodeMutation(event.body, event.logVersion as 7 | 8, (id) => tables.find((table) => table.id === id));
}

export interface First {
  readonly published: PublishedEvent;
  readonly index: number;
}

/** Where each write stands for the first time, by its timestamp. */
export function firstPublished(
  events: readonly PublishedEvent[],
  { tables, settings }: CaptureWorld,
): ReadonlyMap<bigint, First> {
  const firsts = new Map<bigint, First>();
  events.forEach((published, index) => {
    const { event, topic } = published;
    if (event.kind !== 'record' || topic === 'schema' || isCanary(event.body, settings.canaryTableId)) return;
    for (const timestamp of timestampsOf(decodeRecord(event, tables))) {
      if (!firsts.has(timestamp)) firsts.set(timestamp, { published, index });
    }
  });
  return firsts;
}

export function isCanary(body: Buffer, canaryTableId: string): boolean {
  return body.subarray(1, 17).toString('hex') === canaryTableId;
}

/** Every write timestamp in a mutation. */
function timestampsOf(mutation: Mutation): ReadonlySet<bigint> {
  const found = mutation.updates.flatMap((update) => [
    ...(update.partitionDeletion ? [update.partitionDeletion.timestampMicros] : []),
    ...update.rangeDeletions.map(({ timestampMicros }) => timestampMicros),
    ...update.rows.flatMap(timestampsOfRow),
  ]);
  return new Set(found);
}

function timestampsOfRow(row: RowChange): readonly bigint[] {
  return [
    ...(row.marker ? [row.marker.timestampMicros] : []),
    ...(row.deletion ? [row.deletion.timestampMicros] : []),
    ...row.cells.map(({ timestampMicros }) => timestampMicros),
  ];
}

/** Rows of `plain` as the last write of each leaves them: `pk/ck` to `v`, `n` as text. Knows what write-load writes and no more. */
export function lastWrites(updates: readonly PartitionUpdate[]): ReadonlyMap<string, string> {
  const writes = updates.flatMap(writesOf).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.rank - b.rank));
  const rows = new Map<string, { isAlive: boolean; v?: string | undefined; n?: string | undefined }>();
  for (const { pk, apply } of writes) apply(rows, pk);
  const text = ([key, { v, n }]: [string, { v?: string | undefined; n?: string | undefined }]) =>
    [key, `${v} ${n}`] as const;
  return new Map([...rows].filter(([, row]) => row.isAlive || row.v !== undefined || row.n !== undefined).map(text));
}

type Rows = Map<string, { isAlive: boolean; v?: string | undefined; n?: string | undefined }>;

interface Write {
  readonly at: bigint;
  readonly rank: number;
  readonly pk: string;
  readonly apply: (rows: Rows, pk: string) => void;
}

function writesOf(update: PartitionUpdate): readonly Write[] {
  const pk = `${update.partitionKey.readInt32BE()}`;
  const ranges = update.rangeDeletions.map(({ timestampMicros: at, start }): Write => {
    const above = start.values[0]!.readInt32BE();
    const apply = (rows: Rows) => {
      for (const key of [...rows.keys()])
        if (key.startsWith(`${pk}/`) && Number(key.split('/')[1]) > above) rows.delete(key);
    };
    return { at, rank: 0, pk, apply };
  });
  return [...ranges, ...update.rows.flatMap((row) => rowWrites(pk, row))];
}

function rowWrites(pk: string, row: RowChange): readonly Write[] {
  const key = `${pk}/${row.clustering[0]!.readInt32BE()}`;
  const change = (
    at: bigint,
    part: Partial<{ isAlive: boolean; v: string | undefined; n: string | undefined }>,
  ): Write => ({
    at,
    rank: 1,
    pk,
    apply: (rows) => rows.set(key, { ...(rows.get(key) ?? { isAlive: false }), ...part }),
  });
  return [
    ...(row.deletion
      ? [{ at: row.deletion.timestampMicros, rank: 0, pk, apply: (rows: Rows) => void rows.delete(key) }]
      : []),
    ...(row.marker ? [change(row.marker.timestampMicros, { isAlive: true })] : []),
    ...row.cells.map(({ column, value, timestampMicros }) =>
      change(timestampMicros, {
        [column.name]: column.name === 'n' ? value?.readBigInt64BE().toString() : value?.toString(),
      }),
    ),
  ];
}
