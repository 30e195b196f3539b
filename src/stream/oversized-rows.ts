import type { PartitionUpdate } from '../model/mutation.ts';
import { bytesOf, oversizedRow, oversizeOf, type RowLimits } from '../model/row-limits.ts';
import { isEmptyUpdate } from '../model/update-parts.ts';
import type { PlannedChange } from './plan-update.ts';

/** A row whose key the target never takes. */
export class OversizedRowError extends Error {
  override readonly name = oversizedRow;
}

export interface FittingChange {
  /** Undefined where nothing of the change may be written. */
  readonly fitting: PlannedChange | undefined;
  /** Why something of it may not. */
  readonly refusal: OversizedRowError | undefined;
}

/** A change without the rows whose keys are above the target's limits: its other rows are written all the same. */
export function fittingPart(plan: PlannedChange, limits: RowLimits | undefined): FittingChange {
  const { update, young } = plan;
  if (!limits) return { fitting: plan, refusal: undefined };
  const ofPartition = hasRows(update) ? refusalOf(partitionKeyBytes(update), [], limits) : undefined;
  if (ofPartition) return { fitting: undefined, refusal: ofPartition };
  let refusal: OversizedRowError | undefined;
  for (const { clustering } of update.rows) refusal ??= refusalOf(0, clustering, limits);
  if (!refusal) return { fitting: plan, refusal };
  const left = young && withoutOversized(young, limits);
  const isLeft = left !== undefined && !isEmptyUpdate(left);
  return { fitting: { ...plan, update: withoutOversized(update, limits), young: isLeft ? left : undefined }, refusal };
}

/** A slice is gone over by what the target has, and under such a key it has nothing. */
function hasRows({ rows, staticRow }: PartitionUpdate): boolean {
  return rows.length > 0 || staticRow !== undefined;
}

function withoutOversized(update: PartitionUpdate, limits: RowLimits): PartitionUpdate {
  return { ...update, rows: update.rows.filter(({ clustering }) => !refusalOf(0, clustering, limits)) };
}

/** Of its values: several are joined with three bytes each between them. */
function partitionKeyBytes({ table, partitionKey }: PartitionUpdate): number {
  const columns = table.partitionKey.length;
  return columns === 1 ? partitionKey.length : partitionKey.length - 3 * columns;
}

function refusalOf(
  partitionBytes: number,
  clustering: readonly Buffer[],
  limits: RowLimits,
): OversizedRowError | undefined {
  const size = { bytes: 0, partitionKeyBytes: partitionBytes, clusteringBytes: bytesOf(clustering) };
  const reason = oversizeOf(size, limits);
  return reason === undefined ? undefined : new OversizedRowError(reason);
}
