import type { Check } from '../checks/check.ts';
import type { PhaseName } from '../model/phase.ts';
import type { PhaseContext } from './phase-context.ts';

/** One of the six steps that an operator names. Every part of it may be repeated after any interruption. */
export interface Phase {
  readonly name: PhaseName;
  /** Phases that must have been confirmed before. */
  readonly needs: readonly PhaseName[];
  readonly checks: readonly Check[];
  /** In order; each looks before it acts. */
  readonly steps: readonly PhaseStep[];
  /** Reads the world again after acting and answers the summary; throws an OperatorError when it is not as it should be. */
  confirm(context: PhaseContext): Promise<string>;
}

interface PhaseStep {
  readonly title: string;
  /** Answers a note for the screen, if there is something to say. */
  run(context: PhaseContext): Promise<string | undefined>;
}
