import { expect, test } from 'vitest';
import { type ChaosVictim, chaosPlan, chaosText, chaosVictims } from '../../../src/sandbox/demo/chaos-plan.ts';
import { seededRandom } from '../../../src/sandbox/demo/seeded-random.ts';

const seeds = Array.from({ length: 50 }, (_, seed) => seed + 1);

test.each(seeds)('seed %d: everything dies once before anything dies twice', (seed) => {
  const first = blows(seed, chaosVictims.length).map(({ victim }) => victim);
  expect([...first].sort()).toEqual([...chaosVictims].sort());
});

test('nothing dies twice in a row', () => {
  for (const seed of seeds) {
    const victims = blows(seed, 60).map(({ victim }) => victim);
    expect(victims.filter((victim, index) => victim === victims[index - 1])).toEqual([]);
  }
});

test('the same seed strikes the same blows, another one others', () => {
  expect(blows(7, 30)).toEqual(blows(7, 30));
  expect(blows(7, 30)).not.toEqual(blows(8, 30));
});

test('something dies every few seconds', () => {
  for (const { pauseMs, awayMs } of blows(3, 200)) {
    expect(pauseMs).toBeGreaterThanOrEqual(1_000);
    expect(pauseMs + awayMs).toBeLessThan(7_000);
  }
});

test('only what is there dies', () => {
  const there: readonly ChaosVictim[] = ['agent', 'sink'];
  expect(new Set(blows(5, 20, there).map(({ victim }) => victim))).toEqual(new Set(there));
});

test('the summary says how often each was killed, and how to have it again', () => {
  expect(chaosText(['broker', 'agent', 'broker'], 42)).toEqual([
    'by chaos, 3 times: an agent 1, the broker 2',
    'the same again: --chaos 42',
  ]);
});

function blows(seed: number, count: number, victims: readonly ChaosVictim[] = chaosVictims) {
  const plan = chaosPlan(seededRandom(seed), victims);
  return Array.from({ length: count }, () => plan.next().value!);
}
