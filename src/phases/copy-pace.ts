import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentState } from '../model/agent-state.ts';
import { createPace, type Pace } from '../snapshot/pace.ts';
import type { WorkerContext } from './phase-context.ts';
import { readAgentStates } from './read-agent-states.ts';

const lookEveryMs = 10_000;

/** The file in `workers.folder` that holds the copying of this machine's workers when nothing else can be reached. */
const pauseFlag = 'pause-copying';

export interface CopyPace extends Pace {
  /** Follows the agents until `stop` aborts. */
  follow(stop: AbortSignal): Promise<void>;
}

/** The operator's word by the ledger, the flag file, and the agents: a node whose log does not get away is not read too. */
export function openCopyPace(context: WorkerContext): CopyPace {
  const { ledger, config, clock, report } = context;
  const flag = join(config.workers.folder, pauseFlag);
  let pressed: string | undefined;
  const pace = createPace({
    clock,
    report,
    rowsPerSecond: () => ledger.state.copyControl.rowsPerSecond,
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
        const states = await readAgentStates({ ...context, signal: stop }).catch(() => new Map<string, AgentState>());
        pressed = pressureOf([...states.values()]);
        await clock.sleep(lookEveryMs, stop).catch(() => {});
      }
    },
  };
}

function pressureOf(agents: readonly AgentState[]): string | undefined {
  const critical = agents.find(({ level }) => level === 'critical');
  if (!critical) return undefined;
  const percent = Math.round((100 * critical.fill.bytes) / critical.fill.limitBytes);
  return `held by: the source, ${critical.fill.limitedBy} of node ${critical.node} is ${percent} % full of unpublished changes`;
}
