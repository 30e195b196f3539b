import type { Table } from '../model/table.ts';
import { isFloorSpent, recopyTimestamp } from '../model/write-timestamp.ts';
import type { EncodedRow, PartitionRead } from '../ports/table-reader.ts';
import type { TargetStatement } from '../ports/target-keyspace.ts';
import type { ApplierParts } from './applier-parts.ts';
import { clusteringOf, layoutOf, type RowLayout } from './row-layout.ts';
import {
  type RowContext,
  statementOfAbsentRow,
  statementsOfAbsentStatics,
  statementsOfRecopiedRow,
  statementsOfRecopiedStatics,
} from './statements-of-row.ts';

/** What is read again: one row, a partition's static values, or the whole partition. */
type RecopyScope =
  | { readonly kind: 'row'; readonly clustering: readonly Buffer[] }
  | { readonly kind: 'statics' }
  | { readonly kind: 'partition' };

export interface RecopyKey {
  readonly table: Table;
  readonly partitionKey: readonly Buffer[];
  readonly scope: RecopyScope;
}

/**
 * Reads the key on the source and writes what is there, and what is not, under the floor of the read. The process's
 * clock never gives the same instant twice, so of two recopies of a key the later read wins, in whatever order they end.
 */
export async function recopy(key: RecopyKey, parts: ApplierParts): Promise<void> {
  while (!(await isRecopied(key, parts))) parts.signal?.throwIfAborted();
}

/** False when the floor of the read was spent on the way to a write: then the key is read again. */
async function isRecopied(key: RecopyKey, parts: ApplierParts): Promise<boolean> {
  try {
    await recopyOnce(key, parts);
    return true;
  } catch (error) {
    if (error instanceof SpentFloorError) return false;
    throw error;
  }
}

class SpentFloorError extends Error {
  override readonly name = 'SpentFloorError';
}

async function recopyOnce(key: RecopyKey, parts: ApplierParts): Promise<void> {
  const layout = layoutOf(key.table);
  const timestampMicros = recopyTimestamp(parts.clock.nowMicros(), undefined, parts.window);
  const context: RowContext = { layout, keyspace: parts.keyspace, timestampMicros };
  switch (key.scope.kind) {
    case 'row':
      return recopyRow(key, key.scope.clustering, context, parts);
    case 'statics':
      return writeAll(await readStatics(key, context, parts), context, parts);
    case 'partition':
      return recopyPartition(key, context, parts);
  }
}

async function recopyRow(
  key: RecopyKey,
  clustering: readonly Buffer[],
  context: RowContext,
  parts: ApplierParts,
): Promise<void> {
  const row = await firstRow(readOf(key, context.layout, parts, clustering), parts);
  const statements = row
    ? statementsOfRecopiedRow(row, context)
    : [statementOfAbsentRow(key.partitionKey, clustering, context)];
  if (!isHidden(key, clustering, context, parts)) await writeAll(statements, context, parts);
}

function isHidden(
  key: RecopyKey,
  clustering: readonly Buffer[] | undefined,
  { timestampMicros }: RowContext,
  parts: ApplierParts,
): boolean {
  return parts.isHidden?.({ table: key.table, partitionKey: key.partitionKey, clustering, timestampMicros }) ?? false;
}

async function readStatics(
  key: RecopyKey,
  context: RowContext,
  parts: ApplierParts,
): Promise<readonly TargetStatement[]> {
  if (isHidden(key, undefined, context, parts)) return [];
  // Every row of the partition shows its statics, so the first one is enough.
  const row = await firstRow({ ...readOf(key, context.layout, parts), pageSize: 1 }, parts);
  return row ? statementsOfRecopiedStatics(row, context) : statementsOfAbsentStatics(key.partitionKey, context);
}

async function recopyPartition(key: RecopyKey, context: RowContext, parts: ApplierParts): Promise<void> {
  const gone = await readTargetKeys(key, parts);
  const areStaticsHidden = isHidden(key, undefined, context, parts);
  let hasStatics = false;
  for await (const page of parts.source.readPartition(readOf(key, context.layout, parts))) {
    for (const row of page) gone.delete(keyText(clusteringOf(context.layout, row) ?? []));
    const statics =
      hasStatics || page.length === 0 || areStaticsHidden ? [] : statementsOfRecopiedStatics(page[0]!, context);
    hasStatics ||= page.length > 0;
    const seen = page.filter((row) => !isHidden(key, clusteringOf(context.layout, row) ?? [], context, parts));
    await writeAll([...statics, ...seen.flatMap((row) => statementsOfRecopiedRow(row, context))], context, parts);
  }
  const absentStatics = hasStatics ? [] : statementsOfAbsentStatics(key.partitionKey, context);
  const absent = [...gone.values()].map((clustering) => statementOfAbsentRow(key.partitionKey, clustering, context));
  await writeAll([...absentStatics, ...absent], context, parts);
}

/** The clustering keys that the target has in a partition, by their text. */
async function readTargetKeys(
  key: RecopyKey,
  { target, signal }: ApplierParts,
): Promise<Map<string, readonly Buffer[]>> {
  const keys = new Map<string, readonly Buffer[]>();
  const columns = [...key.table.partitionKey, ...key.table.clustering];
  const read = { table: key.table, columns, partitionKey: key.partitionKey, ...(signal && { signal }) };
  for await (const page of target.readPartition(read))
    for (const row of page) {
      const clustering = row.values.slice(key.partitionKey.length);
      if (!clustering.includes(null)) keys.set(keyText(clustering as Buffer[]), clustering as Buffer[]);
    }
  return keys;
}

function readOf(
  key: RecopyKey,
  layout: RowLayout,
  { signal }: ApplierParts,
  clustering?: readonly Buffer[],
): PartitionRead {
  return {
    table: key.table,
    columns: layout.columns,
    ttlColumns: layout.ttlColumns,
    consistency: 'local_quorum',
    partitionKey: key.partitionKey,
    ...(clustering && { clustering }),
    ...(signal && { signal }),
  };
}

async function firstRow(read: PartitionRead, { source }: ApplierParts): Promise<EncodedRow | undefined> {
  for await (const page of source.readPartition(read)) if (page.length > 0) return page[0];
  return undefined;
}

async function writeAll(
  statements: readonly TargetStatement[],
  { timestampMicros }: RowContext,
  { writer, clock, window, signal }: ApplierParts,
): Promise<void> {
  if (isFloorSpent(timestampMicros, clock.nowMicros(), window)) throw new SpentFloorError();
  await Promise.all(statements.map((statement) => writer.write(statement, signal)));
}

function keyText(clustering: readonly Buffer[]): string {
  return clustering.map((value) => value.toString('hex')).join(',');
}
