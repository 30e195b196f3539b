import { askAll } from '../checks/check.ts';
import { OperatorError, throwIfAny } from '../errors.ts';
import { type Finding, faultsIn } from '../model/finding.ts';
import type { MigrationState } from '../state/migration-state.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { warningsToTell } from './warnings-to-tell.ts';
import { watchAgents } from './watch-agents.ts';
import { whileWatchingRing } from './watch-ring.ts';

/** Walks one phase: what it needs, what it asks, what it does, and a second look at what it did. */
export async function runPhase(phase: Phase, context: PhaseContext): Promise<string> {
  const { ledger, plan, report, clock, signal } = context;
  const startedAt = clock.nowMicros();
  const state = await ledger.refresh(signal);
  throwOnMissingPhases(phase, state);
  throwOnOtherPlan(state, plan.digest, context.options.acceptPlan);
  const ofPhase = await askAll(phase.checks, context);
  for (const finding of warningsToTell(plan, state, ofPhase)) report({ kind: 'warning', text: findingText(finding) });
  throwIfAny(faultsIn([...plan.findings, ...ofPhase]));
  report({ kind: 'phase-started', phase: phase.name, steps: phase.steps.map((step) => step.title) });
  await ledger.append({ kind: 'phase-started', phase: phase.name, planDigest: plan.digest });
  const summary = await whileWatchingRing(context, async (watched) => {
    await runSteps(phase, watched);
    return phase.confirm(watched);
  });
  await ledger.append({ kind: 'phase-confirmed', phase: phase.name, summary });
  await ledger.refresh(signal);
  report({ kind: 'phase-finished', phase: phase.name, seconds: Number(clock.nowMicros() - startedAt) / 1e6, summary });
  return summary;
}

async function runSteps(phase: Phase, context: PhaseContext): Promise<void> {
  const { report, signal } = context;
  const agents = watchAgents(context);
  try {
    for (const step of phase.steps) {
      signal.throwIfAborted();
      report({ kind: 'step-started', phase: phase.name, step: step.title });
      const note = await step.run(context);
      report({ kind: 'step-finished', phase: phase.name, step: step.title, ...(note !== undefined && { note }) });
    }
  } finally {
    await agents.close();
  }
}

function throwOnMissingPhases(phase: Phase, state: MigrationState): void {
  const missing = phase.needs.filter((name) => state.phases.get(name)?.confirmedAtMicros === undefined);
  if (missing.length === 0) return;
  throw new OperatorError(
    missing.map((name) => ({
      expected: `${name} to be done before ${phase.name}`,
      found: state.phases.has(name) ? 'it was started and not finished' : 'it was never started, or it was undone',
      next: `cdcmig run --phase ${name}`,
    })),
  );
}

/** What earlier phases relied on must still hold: another schema, ring or configuration is another migration. */
function throwOnOtherPlan(state: MigrationState, digest: string, accepted: string | undefined): void {
  if (accepted !== undefined && accepted !== digest) throw otherThanAccepted(accepted, digest);
  if (accepted === digest || state.planDigest === undefined || state.planDigest === digest) return;
  throw new OperatorError({
    expected: `the plan ${state.planDigest}, which this migration began with`,
    found: `${digest}: tables, nodes or configuration have changed since`,
    next: 'look at `cdcmig plan`; put it back as it was, or accept the new plan with --plan and its digest',
  });
}

function otherThanAccepted(accepted: string, digest: string): OperatorError {
  return new OperatorError({
    expected: `the plan ${accepted}, as --plan says`,
    found: `${digest}: tables, nodes or configuration have changed since`,
    next: 'look at `cdcmig plan` again',
  });
}

function findingText({ expected, found, next }: Finding): string {
  return `expected ${expected}; found ${found}. Next: ${next}`;
}
