import type { AMigration } from './a-migration.ts';
import { dropKeyspace, type TwoSides } from './two-sides.ts';

export interface Scenario {
  readonly migration: AMigration | undefined;
  readonly sides: TwoSides | undefined;
  readonly keyspace: string;
  readonly targetKeyspace: string;
}

/** Ends what a scenario started and drops its keyspaces; also one whose beginning failed half-way. */
export async function endScenario({ migration, sides, keyspace, targetKeyspace }: Scenario): Promise<void> {
  await migration?.[Symbol.asyncDispose]();
  if (!sides) return;
  await dropKeyspace(sides.source, keyspace);
  await dropKeyspace(sides.target, targetKeyspace);
  await sides[Symbol.asyncDispose]();
}
