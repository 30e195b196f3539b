import type { FoundTable } from './control-plane.ts';

/** What is provisioned, or what an on-demand table is warmed for: more is throttled until it has grown. */
export function writeCapacity(
  table: Pick<FoundTable, 'capacitySpecification' | 'warmThroughputSpecification'> | undefined,
): number | undefined {
  const { throughputMode, writeCapacityUnits } = table?.capacitySpecification ?? {};
  if (throughputMode === 'PROVISIONED') return writeCapacityUnits;
  return table?.warmThroughputSpecification?.writeUnitsPerSecond;
}
