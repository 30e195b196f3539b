import { expect, test } from 'vitest';
import { proveHistories } from './schema-histories/prove-histories.ts';

const count = Number(process.env.CDCMIG_HISTORIES ?? 10_000);
const atOnce = 500;
const firstSeed = Number(process.env.CDCMIG_SEED ?? (Date.now() % 1_000_000) * 100_000);

test(`${count} histories of tables that change, from seed ${firstSeed}`, async () => {
  for (let done = 0; done < count; done += atOnce) {
    const seed = firstSeed + done;
    expect(await proveHistories(seed, Math.min(atOnce, count - done))).toEqual([]);
    process.stderr.write(`${Math.min(count, done + atOnce)} of ${count} histories, the last from seed ${seed}\n`);
  }
});
