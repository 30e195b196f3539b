import { murmur3 } from '../model/token.ts';
import type { Sides } from '../validation/compare-split.ts';
import { lookUpTarget } from '../validation/look-up-target.ts';
import type { WorkerContext } from './phase-context.ts';

/** What is compared, read as an application would that counts on what it reads; row by row, by key. */
export function sidesOf({ source, target }: Pick<WorkerContext, 'source' | 'target'>): Sides {
  return { source, target, sourceConsistency: 'local_quorum', targetConsistency: 'local_quorum' };
}

/** The same, to be read by ranges of tokens: which a target that has others is not. Says so. */
export async function sidesInRanges(
  context: Pick<WorkerContext, 'source' | 'target' | 'report' | 'signal'>,
): Promise<Sides> {
  const { source, target, report, signal } = context;
  const sides = sidesOf(context);
  const partitioner = await target.partitioner(signal);
  if (partitioner === murmur3) return sides;
  report({
    kind: 'warning',
    text: `the target has ${partitioner}: it is compared by look-ups, a request for each partition, and gone over once more for partitions that the source does not have; that takes longer than by ranges`,
  });
  return lookUpTarget(sides, source, partitioner);
}
