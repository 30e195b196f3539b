import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyingOf } from '../config/table-copying.ts';
import type { AgentState } from '../model/agent-state.ts';
import { createPace, type Pace } from '../snapshot/pace.ts';
import { ReadStrain } from '../snapshot/read-strain.ts';
import type { WorkerContext } from './phase-context.ts';
import { readAgentStates } from './read-agent-states.ts';
import { pressureOf } from './source-pressure.ts';

const lookEveryMs = 10_000;

/** The file in `workers.folder` that holds the copying of this machine's workers when nothing else can be reached. */
const pauseFlag = 'pause-copying';

export interface CopyPace extends Pace {
  /** Follows the agents until `stop` aborts. */
  follow(stop: AbortSignal): Promise<void>;
}

/**
 * The operator's word by the ledger, the flag file, and the nodes: one whose log does not get away, or that is behind with its compactions, is not
 * read too; one whose pages come slowly is read slowly.
 */
export function openCopyPace(context: WorkerContext): CopyPace {
  const { ledger, config, clock, report } = context;
  const flag = join(config.workers.folder, pauseFlag);
  let pressed: string | undefined;
  const pace = createPace({
    clock,
    report,
    rowsPerSecond: () => ledger.state.copyControl.rowsPerSecond,
    rowsPerSecondOf: (table) => copyingOf(table, config).rowsPerSecond,
    strain: new ReadStrain(config.snapshot.slowReadFactor),
    heldBy() {
      if (ledger.state.copyControl.isPaused) return 'held by: the operator; cdcmig ctl resume goes on';
      if (existsSync(flag)) return `held by: the file ${flag}; remove it to go on`;
      return pressed;
    },
  });
  return {
    ...pace,
    async follow(stop) {
      while (!stop.aborted) {
        // Who cannot ask does not know of anything that would hold it: writes to the same Pulsar would fail as well.
        const agents = await readAgentStates({ ...context, signal: stop }).catch(() => new Map<string, AgentState>());
        // A node that is down cannot be asked either, and is not read.
        const compactions = await context.source.pendingCompactions(stop).catch(() => []);
        const facts = { agents: [...agents.values()], compactions };
        pressed = pressureOf(facts, config.snapshot, pressed !== undefined);
        await clock.sleep(lookEveryMs, stop).catch(() => {});
      }
    },
  };
}
