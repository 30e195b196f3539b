import type { Rule } from './rule.ts';
import { type Outcome, runMigration } from './run-migration.ts';

export interface Measure {
  readonly refused: readonly Outcome[];
  /** Runs with a difference that no tie explains. */
  readonly broken: readonly Outcome[];
  /** Runs whose only differences are ties. */
  readonly tied: readonly Outcome[];
  readonly unrepaired: readonly Outcome[];
  readonly shareAtEdges: number;
}

/** Runs the migrations of the seeds 1 to `runs` under a rule. */
export function measure(rule: Rule, runs: number, tieProbability?: number): Measure {
  const outcomes = Array.from({ length: runs }, (_, index) => runMigration(index + 1, rule, tieProbability));
  const differing = outcomes.filter(({ differences }) => differences.length > 0);
  const isBroken = ({ differences }: Outcome) => differences.some(({ isTie }) => !isTie);
  const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + count(each), 0);
  return {
    refused: outcomes.filter(({ refused }) => refused !== undefined),
    broken: differing.filter(isBroken),
    tied: differing.filter((outcome) => !isBroken(outcome)),
    unrepaired: outcomes.filter(({ leftAfterRepair }) => leftAfterRepair.length > 0),
    shareAtEdges: sum(({ writesAtEdges }) => writesAtEdges) / sum(({ writes }) => writes),
  };
}

/** A line for each run that should not be, with the seed that brings it back. */
export function describeOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ seed, refused, differences, leftAfterRepair }) => {
    const rows = [...differences, ...leftAfterRepair].map(
      ({ kind, source, target }) => `${kind}: ${source} / ${target}`,
    );
    return [`seed ${seed}`, ...(refused === undefined ? [] : [`refused: ${refused}`]), ...rows].join('; ');
  });
}
