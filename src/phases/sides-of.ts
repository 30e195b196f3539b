import type { Sides } from '../validation/compare-split.ts';
import type { WorkerContext } from './phase-context.ts';

/** What is compared, read as an application would that counts on what it reads. */
export function sidesOf({ source, target }: WorkerContext): Sides {
  return { source, target, sourceConsistency: 'local_quorum', targetConsistency: 'local_quorum' };
}
