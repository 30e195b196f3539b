import { OperatorError } from '../errors.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import type { PhaseContext } from './phase-context.ts';

/**
 * OperatorError where the nodes are prepared for another mode than the configuration says now. Out of `cdc` mode the tables would keep their
 * option, and nobody would take what the nodes keep for it: a full cdc_raw rejects the application's writes. Into it an agent
 * would read a cdc_raw that nodes clear of what they take before the option is on.
 */
export function throwOnOtherMode(before: CaptureRecord | undefined, { config }: Pick<PhaseContext, 'config'>): void {
  const { mode } = config.capture;
  if (!before || before.isUndone || before.mode === mode) return;
  throw new OperatorError({
    expected: `capture.mode: ${before.mode}, for which deploy-agent has prepared the nodes`,
    found: mode,
    next: 'put that back; to change it, run cdcmig undo deploy-agent first',
  });
}
