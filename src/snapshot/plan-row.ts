import { withTtlsAt } from '../apply/age-statement.ts';
import { isUnfrozenList } from '../apply/row-cells.ts';
import { clusteringOf, type RowLayout } from '../apply/row-layout.ts';
import { type RowContext, statementsOfSnapshotRow, statementsOfSnapshotStatics } from '../apply/statements-of-row.ts';
import { bytesOf, type RowSize } from '../model/row-limits.ts';
import type { ColumnKind } from '../model/table.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import type { TargetStatement } from '../ports/target-keyspace.ts';
import { ageRow } from './age-row.ts';

/** A row of the target that comes of a row that was read: itself, or the static row of its partition. */
export interface RowPart {
  readonly kind: 'row' | 'statics';
  /** At a timestamp; the same writes again when called again, which live shorter the later they are sent. Never empty. */
  readonly statementsAt: (timestampMicros: bigint) => readonly TargetStatement[];
  /** It holds a non-frozen list, which doubles when the same write arrives twice. */
  readonly hasList: boolean;
  /** Of its encoded values. */
  readonly size: () => RowSize;
}

export interface RowToPlan {
  readonly row: EncodedRow;
  /** Whether static values go with this row: they do once a partition. */
  readonly withStatics: boolean;
  /** Since the row was read its remaining times have become shorter. */
  readonly arrivedAtMicros: bigint;
  readonly nowMicros: bigint;
  readonly layout: RowLayout;
  /** The target keyspace. */
  readonly keyspace: string;
}

/** What is to be written of a row; nothing where all of it has expired since it was read. */
export function planRow(toPlan: RowToPlan): readonly RowPart[] {
  const { row, withStatics, arrivedAtMicros, nowMicros, layout, keyspace } = toPlan;
  const ageSeconds = Number((nowMicros - arrivedAtMicros) / second);
  const aged = ageRow(row, layout, ageSeconds);
  // Whole seconds: at that instant what is left was right, and what is sent later has less.
  const context = { layout, keyspace, agedAtMicros: arrivedAtMicros + BigInt(ageSeconds) * second };
  const parts: RowPart[] = [];
  if (withStatics && holdsAny(aged.row, layout, 'static'))
    parts.push(partOf('statics', aged.row, context, statementsOfSnapshotStatics));
  if (!aged.isExpired && clusteringOf(layout, row) !== undefined)
    parts.push(partOf('row', aged.row, context, statementsOfSnapshotRow));
  return parts;
}

const second = 1_000_000n;

interface PartContext extends Omit<RowContext, 'timestampMicros'> {
  readonly agedAtMicros: bigint;
}

function partOf(
  kind: RowPart['kind'],
  row: EncodedRow,
  context: PartContext,
  statementsOf: typeof statementsOfSnapshotRow,
): RowPart {
  const kinds: readonly ColumnKind[] =
    kind === 'row' ? ['partition_key', 'clustering', 'regular'] : ['partition_key', 'static'];
  const held = context.layout.columns.flatMap((column, index) => {
    const value = row.values[index] ?? null;
    return value !== null && kinds.includes(column.kind) ? [{ column, value }] : [];
  });
  const bytesIn = (...some: readonly ColumnKind[]) =>
    bytesOf(held.flatMap(({ column, value }) => (some.includes(column.kind) ? [value] : [])));
  return {
    kind,
    statementsAt: (timestampMicros) =>
      withTtlsAt(statementsOf(row, { ...context, timestampMicros }), context.agedAtMicros),
    hasList: held.some(({ column }) => isUnfrozenList(column.type)),
    size: () => ({
      bytes: bytesIn(...kinds),
      partitionKeyBytes: bytesIn('partition_key'),
      clusteringBytes: bytesIn('clustering'),
    }),
  };
}

function holdsAny(row: EncodedRow, layout: RowLayout, kind: ColumnKind): boolean {
  return layout.columns.some((column, index) => column.kind === kind && row.values[index] !== null);
}
