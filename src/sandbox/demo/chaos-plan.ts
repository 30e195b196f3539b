import type { RandomSource } from './seeded-random.ts';

/** What may be killed, each as it would die: kill -9, or every connection broken at once. */
export const chaosVictims = ['agent', 'worker', 'sink', 'broker', 'target', 'connections'] as const;
export type ChaosVictim = (typeof chaosVictims)[number];

export interface ChaosBlow {
  readonly victim: ChaosVictim;
  /** Before the blow. */
  readonly pauseMs: number;
  /** Between the death and the return. */
  readonly awayMs: number;
}

/** Blows without end, the same for the same seed: all victims once in some order, then any, but none twice in a row. */
export function* chaosPlan(random: RandomSource, victims: readonly ChaosVictim[]): Generator<ChaosBlow> {
  const blow = (victim: ChaosVictim): ChaosBlow => ({
    victim,
    pauseMs: 1_000 + random.below(3_000),
    awayMs: random.below(3_000),
  });
  let last: ChaosVictim | undefined;
  for (const left = [...victims]; left.length > 0; ) {
    last = left.splice(random.below(left.length), 1)[0]!;
    yield blow(last);
  }
  for (;;) {
    const before = last;
    last = random.pick(victims.filter((victim) => victim !== before));
    yield blow(last);
  }
}

/** How often each was hit, as the summary says it. */
export function chaosText(blows: readonly ChaosVictim[], seed: number): readonly string[] {
  const times = (victim: ChaosVictim) => blows.filter((each) => each === victim).length;
  const counts = chaosVictims
    .filter((victim) => times(victim) > 0)
    .map((victim) => `${names[victim]} ${times(victim)}`);
  return [`by chaos, ${blows.length} times: ${counts.join(', ')}`, `the same again: --chaos ${seed}`];
}

const names: Readonly<Record<ChaosVictim, string>> = {
  agent: 'an agent',
  worker: 'a worker',
  sink: "start-sink's worker",
  broker: 'the broker',
  target: 'the target',
  connections: 'all connections to the stand-in',
};
