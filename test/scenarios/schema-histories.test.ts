import { expect, test } from 'vitest';
import { proveHistories } from './schema-histories/prove-histories.ts';

/**
 * Histories in which tables change while they are moved: columns added, dropped and added again, the operator's decision
 * soon or late, truncates, rows that the target refuses for a while, workers that die, leave or are taken for dead, drains.
 *
 * The sink's workers, the operator's commands, the bus of the tests and every rule between them are the real ones. What is
 * abstracted: both clusters are one store each, which keeps cells by last write wins; their tables have columns of `int`,
 * `map` and statics, no lists; nothing was copied before, so there is no snapshot; the agents know the log without its files;
 * and time goes on by itself (virtual-clock.ts), so that a seed is the same history again, to the microsecond.
 */
const count = Number(process.env.CDCMIG_HISTORIES ?? 150);
// A sample with a seed; schema-histories.soak.test.ts searches on. Raise for a longer search.
const firstSeed = Number(process.env.CDCMIG_SEED ?? 1_000);

test(`${count} histories from seed ${firstSeed} of tables that change end equal, or differ where a slice in doubt says so`, {
  timeout: 60_000 + count * 2_000,
}, async () => {
  expect(await proveHistories(firstSeed, count)).toEqual([]);
});
