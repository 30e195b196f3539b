import type { MigrationState } from '../state/migration-state.ts';
import type { WorkerContext } from './phase-context.ts';

const pollMs = 300;

/** Follows the ledger until its state is as wanted. Whoever gets it there may be another process. */
export async function untilState(
  { ledger, clock, signal }: Pick<WorkerContext, 'ledger' | 'clock' | 'signal'>,
  isWanted: (state: MigrationState) => boolean,
): Promise<MigrationState> {
  for (;;) {
    const state = await ledger.refresh(signal);
    if (isWanted(state)) return state;
    await clock.sleep(pollMs, signal);
  }
}
