import { expect, test } from 'vitest';
import { proveHistories } from './schema-histories/prove-histories.ts';

/**
 * Histories in which tables change while they are moved: columns added, dropped and added again, the operator's decision
 * soon or late, truncates, rows that the target refuses for a while and letters replayed, workers that die, leave or are
 * taken for dead, agents that are silent, a source that is away, drains, and a snapshot beside it all.
 *
 * The sink's workers, the copy of a split, the operator's commands and every rule between them are the real ones, on the bus of
 * the tests. What is abstracted: both clusters are one store each, which keeps cells by last write wins, and what such a store
 * shows is read, never a replica that lags; columns are of `int`, maps and lists, some static, none of user-defined types; splits
 * are copied by no queue; the agents know the log without its files; nothing that ends soon is of a collection, nor in a
 * history with anything older than the hand-over (CQL does not tell what is left of their lives); and time goes on by itself
 * (virtual-clock.ts), so that a seed is the same history again, to the microsecond.
 */
const count = Number(process.env.CDCMIG_HISTORIES ?? 120);
// A sample with a seed; schema-histories.soak.test.ts searches on. Raise for a longer search.
const firstSeed = Number(process.env.CDCMIG_SEED ?? 1_000);

test(`${count} histories from seed ${firstSeed} of tables that change end equal, or differ where a slice in doubt says so`, {
  timeout: 60_000 + count * 2_000,
}, async () => {
  expect(await proveHistories(firstSeed, count)).toEqual([]);
});
