import { beforeAll, describe, expect, test } from 'vitest';
import { describeOutcomes, type Measure, measure } from './simulation/measure.ts';
import { mutants, rareMutants } from './simulation/mutants.ts';
import { type Rule, realRule } from './simulation/rule.ts';
import { runMigration } from './simulation/run-migration.ts';

// Raise for a longer search; a seed in a message is enough to run one history again.
const runs = Number(process.env.CDCMIG_SIMULATION_RUNS ?? 5000);
const mutantRuns = Math.max(1500, Math.floor(runs / 4));
const patience = 60_000 + runs * 20;

let real: Measure;

beforeAll(() => {
  real = measure(realRule, runs);
}, patience);

describe(`the rule of write timestamps in ${runs} random migrations`, () => {
  test('never sends a timestamp that the target refuses', () => {
    expect(describeOutcomes(real.refused)).toEqual([]);
  });

  test('leaves no difference but between writes that share a timestamp', () => {
    expect(describeOutcomes(real.broken)).toEqual([]);
  });

  test('leaves ties so seldom that repair has little to do', () => {
    expect(real.tied.length).toBeLessThanOrEqual(runs / 1000);
  });

  test('is tried where its edges are: half of the writes near the hand-over or two days old', () => {
    expect(real.shareAtEdges).toBeGreaterThan(0.5);
  });
});

describe('repair after validation', () => {
  test('settles every tie, and ties are all there is to settle', () => {
    const { tied, broken, unrepaired } = measure(realRule, 1000, 0.4);
    expect(tied.length).toBeGreaterThan(0);
    expect(describeOutcomes([...broken, ...unrepaired, ...real.unrepaired])).toEqual([]);
  });
});

describe('rows differ once a part of the rule is switched back:', () => {
  test.each(mutants)('$name', { timeout: patience }, ({ rule }) => {
    const { broken, unrepaired } = measure(rule, mutantRuns);
    const rate = broken.length / mutantRuns;
    const realRate = (real.broken.length + real.tied.length) / runs;
    expect(rate).toBeGreaterThan(0.001);
    expect(rate).toBeGreaterThan(10 * realRate);
    expect(describeOutcomes(unrepaired)).toEqual([]);
  });

  test.each(rareMutants)('$name (rare)', { timeout: patience }, ({ rule }) => {
    expect(firstBrokenSeed(rule)).toBeLessThanOrEqual(mutantRuns);
  });
});

/** A history that the real rule survives, as it does all of them. */
function firstBrokenSeed(rule: Rule): number {
  let seed = 1;
  while (seed <= mutantRuns && runMigration(seed, rule).differences.every(({ isTie }) => isTie)) seed++;
  return seed;
}
