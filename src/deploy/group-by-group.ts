import { OperatorError, type Sentence } from '../errors.ts';
import type { SourceNode } from '../ports/source-cluster.ts';

export interface GroupByGroup<Each> {
  readonly groups: readonly (readonly Each[])[];
  readonly nodeOf: (each: Each) => SourceNode;
  /** What is to become of every node, for messages. */
  readonly what: string;
  /** How it goes on after a failure. */
  readonly next: string;
}

/** One group after the other; `done` is called for each that is. The first failure stops, and says with it what is done, half done and untouched. */
export async function groupByGroup<Each>(
  plan: GroupByGroup<Each>,
  work: (group: readonly Each[], done: (each: Each) => void) => Promise<void>,
): Promise<void> {
  const done = new Set<Each>();
  for (const [index, group] of plan.groups.entries()) {
    try {
      await work(group, (each) => done.add(each));
    } catch (error) {
      throw error instanceof OperatorError ? withWhatIsDone(error, plan, { index, done }) : error;
    }
  }
}

function withWhatIsDone<Each>(
  error: OperatorError,
  { groups, nodeOf, what, next }: GroupByGroup<Each>,
  { index, done }: { readonly index: number; readonly done: ReadonlySet<Each> },
): OperatorError {
  const all = groups.flat();
  const list = (part: readonly Each[]) => part.map((each) => nodeOf(each).address).join(', ') || 'none';
  const half = groups[index]!.filter((each) => !done.has(each));
  const each = groups.every(({ length }) => length === 1) ? 'one' : 'one rack';
  const state: Sentence = {
    expected: `${what} all of ${all.length} nodes, ${each} after the other`,
    found: `done: ${list(all.filter((one) => done.has(one)))}; half done: ${list(half)}; untouched: ${list(groups.slice(index + 1).flat())}`,
    next,
  };
  return new OperatorError([...error.faults, state], { cause: error, exitCode: error.exitCode });
}
