import { newTableUnits, type WriteCapacity } from '../../model/write-capacity.ts';
import type { FoundTable } from './control-plane.ts';

/** What is provisioned, or what an on-demand table is warmed for: more is throttled until it has grown. */
export function writeCapacity(
  table: Pick<FoundTable, 'capacitySpecification' | 'warmThroughputSpecification'> | undefined,
): WriteCapacity | undefined {
  if (!table) return undefined;
  const { throughputMode, writeCapacityUnits } = table.capacitySpecification ?? {};
  if (throughputMode === 'PROVISIONED')
    return writeCapacityUnits === undefined ? undefined : { mode: 'provisioned', unitsPerSecond: writeCapacityUnits };
  const { writeUnitsPerSecond = newTableUnits } = table.warmThroughputSpecification ?? {};
  return { mode: 'on-demand', unitsPerSecond: writeUnitsPerSecond };
}
