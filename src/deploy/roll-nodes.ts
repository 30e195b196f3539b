import { OperatorError, type Sentence } from '../errors.ts';
import type { NodeAdmin } from './restart-node.ts';

/**
 * One node after the other; the first failure stops, and says what is half done. `change` answers whether there was anything to
 * do. May be repeated: it goes on with what is not as it should be.
 */
export async function rollNodes<Node extends NodeAdmin>(
  nodes: readonly Node[],
  what: string,
  change: (node: Node) => Promise<boolean>,
): Promise<number> {
  let rolled = 0;
  for (const [index, node] of nodes.entries()) {
    try {
      if (await change(node)) rolled++;
    } catch (error) {
      throw error instanceof OperatorError ? withWhatIsDone(error, nodes, { what, failed: index }) : error;
    }
  }
  return rolled;
}

function withWhatIsDone(
  error: OperatorError,
  nodes: readonly NodeAdmin[],
  { what, failed }: { readonly what: string; readonly failed: number },
): OperatorError {
  const names = nodes.map(({ node }) => node.address);
  const list = (part: readonly string[]) => part.join(', ') || 'none';
  const state: Sentence = {
    expected: `${what} on all of ${nodes.length} nodes, one after the other`,
    found: `done: ${list(names.slice(0, failed))}; half done: ${names[failed]}; untouched: ${list(names.slice(failed + 1))}`,
    next: 'mend what is said above and repeat the command, which goes on there; or put all back with cdcmig undo deploy-agent',
  };
  return new OperatorError([...error.faults, state], { cause: error, exitCode: error.exitCode });
}
