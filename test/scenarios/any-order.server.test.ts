import { inject, test } from 'vitest';
import { proveHistories } from './any-order/prove-histories.ts';

// A sample with a seed; any-order.soak.test.ts searches on. Raise for a longer search.
const count = Number(process.env.CDCMIG_HISTORIES ?? 300);
const firstSeed = Number(process.env.CDCMIG_SEED ?? 1_000);
const statementsEach = Number(process.env.CDCMIG_STATEMENTS ?? 40);

test(
  `${count} histories from seed ${firstSeed}, each change three times and in any order: both sides show the same cells, write times and TTLs`,
  {
    timeout: 120_000 + count * 1000,
  },
  () => proveHistories(inject('sandbox'), { count, firstSeed, statementsEach }),
);
