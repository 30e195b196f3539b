import type { Table } from '../model/table.ts';
import { isFloorSpent, recopyTimestamp } from '../model/write-timestamp.ts';
import type { EncodedRow, PartitionRead } from '../ports/table-reader.ts';
import { type TargetStatement, TargetWriteError } from '../ports/target-keyspace.ts';
import { withTtlsAt } from './age-statement.ts';
import { allEnded } from './all-ended.ts';
import type { ApplierParts } from './applier-parts.ts';
import { deleteRows } from './delete-rows.ts';
import { KeySet } from './key-set.ts';
import { isUnfrozenList } from './row-cells.ts';
import { clusteringOf, layoutOf, type RowKeys, type RowLayout } from './row-layout.ts';
import {
  type RowContext,
  statementOfAbsentRow,
  statementsOfAbsentStatics,
  statementsOfRecopiedRow,
  statementsOfRecopiedStatics,
} from './statements-of-row.ts';
import { RefusedWriteError } from './target-writer.ts';

/** What is read again: one row, a partition's static values, or the whole partition. */
export type RecopyScope =
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
 * Answers the clustering values of the rows it went over, where the table has non-frozen lists: they are to be read again.
 */
export async function recopy(key: RecopyKey, parts: ApplierParts): Promise<RowKeys> {
  const layout = layoutOf(key.table);
  for (let attempt = 1; ; attempt++) {
    const timestampMicros = recopyTimestamp(parts.clock.nowMicros(), undefined, parts.window);
    const context: RowContext = { layout, keyspace: parts.keyspace, timestampMicros };
    try {
      return await readAndWrite(key, context, parts);
    } catch (error) {
      if (!isToReadAgain(error, context, parts)) throw error;
      await parts.clock.sleep(Math.min(5_000, 50 * 2 ** attempt), parts.signal);
    }
  }
}

/**
 * A row that waited so long that its stamp left the window, or whose list may or may not have been written: a list that
 * is sent twice at one timestamp doubles.
 */
function isToReadAgain(error: unknown, context: RowContext, parts: ApplierParts): boolean {
  if (error === floorSpent) return true;
  if (error instanceof RefusedWriteError) return isSpent(context, parts);
  return error instanceof TargetWriteError;
}

const floorSpent = new Error('the floor of this reading is spent');

function isSpent({ timestampMicros }: RowContext, { clock, window }: ApplierParts): boolean {
  return isFloorSpent(timestampMicros, clock.nowMicros(), window);
}

async function readAndWrite(key: RecopyKey, context: RowContext, parts: ApplierParts): Promise<RowKeys> {
  switch (key.scope.kind) {
    case 'row':
      await recopyRow(key, key.scope.clustering, context, parts);
      return [key.scope.clustering];
    case 'statics':
      await writeAll(await readStatics(key, context, parts), context, parts);
      return [];
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

/**
 * First what the source has, then what the target has besides. In memory are a page of either and the digests of the source's
 * keys. What comes to the target while this goes over it was captured or read later, and has a higher stamp.
 */
async function recopyPartition(key: RecopyKey, context: RowContext, parts: ApplierParts): Promise<RowKeys> {
  const present = new KeySet(key.table.clustering);
  const wentOver: RowKeys[] = [];
  const tell = (keys: RowKeys) => void (hasLists(context) && wentOver.push(keys));
  await writePresent(key, context, parts, (keys) => {
    for (const clustering of keys) present.add(clustering);
    tell(keys);
  });
  for await (const keys of targetKeysIn(key, parts)) {
    const absent = keys.filter((clustering) => !present.has(clustering));
    throwIfSpent(context, parts);
    await deleteRows(key.partitionKey, absent, context, parts);
    tell(absent);
  }
  return wentOver.flat();
}

/** Writes the partition's rows and statics as the source has them, and tells the keys of each page. */
async function writePresent(
  key: RecopyKey,
  context: RowContext,
  parts: ApplierParts,
  onRows: (keys: RowKeys) => void,
): Promise<void> {
  const areStaticsHidden = isHidden(key, undefined, context, parts);
  let hasStatics = false;
  for await (const page of parts.source.readPartition(readOf(key, context.layout, parts))) {
    onRows(page.map((row) => clusteringOf(context.layout, row)).filter((clustering) => clustering !== undefined));
    const statics =
      hasStatics || page.length === 0 || areStaticsHidden ? [] : statementsOfRecopiedStatics(page[0]!, context);
    hasStatics ||= page.length > 0;
    const seen = page.filter((row) => !isHidden(key, clusteringOf(context.layout, row) ?? [], context, parts));
    await writeAll([...statics, ...seen.flatMap((row) => statementsOfRecopiedRow(row, context))], context, parts);
  }
  if (!hasStatics) await writeAll(statementsOfAbsentStatics(key.partitionKey, context), context, parts);
}

/** The clustering keys that the target has in a partition. */
async function* targetKeysIn(key: RecopyKey, { target, signal }: ApplierParts): AsyncIterable<RowKeys> {
  const columns = [...key.table.partitionKey, ...key.table.clustering];
  const read = { table: key.table, columns, partitionKey: key.partitionKey, ...(signal && { signal }) };
  for await (const page of target.readPartition(read))
    yield page
      .map((row) => row.values.slice(key.partitionKey.length))
      .filter((clustering) => !clustering.includes(null)) as Buffer[][];
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
  context: RowContext,
  parts: ApplierParts,
): Promise<void> {
  throwIfSpent(context, parts);
  const { writer, signal } = parts;
  await allEnded(
    withTtlsAt(statements, parts.clock.nowMicros()).map((statement) =>
      hasLists(context) ? writer.writeOnce(statement, signal) : writer.write(statement, signal),
    ),
  );
}

function throwIfSpent(context: RowContext, parts: ApplierParts): void {
  if (isSpent(context, parts)) throw floorSpent;
}

function hasLists({ layout }: RowContext): boolean {
  return layout.columns.some(({ type }) => isUnfrozenList(type));
}
