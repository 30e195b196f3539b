import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';

/** A step that has nothing left to do behind the record of the cutover: the workers have ended by it, and tell of nothing any more. */
export function unlessCutOver(
  title: string,
  run: (context: PhaseContext) => Promise<string | undefined>,
): Phase['steps'][number] {
  return {
    title,
    run: async (context) => (context.ledger.state.cutover ? 'was cut over before' : run(context)),
  };
}
