import type { TargetIds } from '../state/ledger-event.ts';
import type { WorkerContext } from './phase-context.ts';

/** Of all tables of the target, as they are now. */
export async function readTargetIds({ target, signal }: Pick<WorkerContext, 'target' | 'signal'>): Promise<TargetIds> {
  const { tables } = await target.schema(signal);
  return Object.fromEntries(tables.map(({ table, id }) => [table, id]));
}
