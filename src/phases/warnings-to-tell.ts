import type { Finding } from '../model/finding.ts';
import type { Plan } from '../plan/plan-migration.ts';
import type { MigrationState } from '../state/migration-state.ts';

/** Those of the phase's own checks, and those of the plan unless an earlier phase has told them: said before every phase nobody would read them. */
export function warningsToTell(
  { digest, findings }: Pick<Plan, 'digest' | 'findings'>,
  { planDigest }: Pick<MigrationState, 'planDigest'>,
  ofPhase: readonly Finding[],
): readonly Finding[] {
  const isNew = planDigest !== digest;
  return [...(isNew ? findings : []), ...ofPhase].filter(({ severity }) => severity === 'warning');
}
