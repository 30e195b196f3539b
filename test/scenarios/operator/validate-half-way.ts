import { withContext } from '../../../commands/context.ts';
import { compareAll } from '../../../src/phases/compare-all.ts';
import type { TableReader } from '../../../src/ports/table-reader.ts';

const [, , config = '', splits = ''] = process.argv;

/** `node validate-half-way.ts <config> <splits>`: as `cdcmig validate`, but from so many splits on the target's rows never come. */
await withContext({ config, report: () => {}, prepares: false }, async (context) => {
  let begun = 0;
  const readPacked: TableReader['readPacked'] = (read) =>
    begun++ < Number(splits) ? context.target.readPacked(read) : never();
  await compareAll({ ...context, target: { ...context.target, readPacked } }, { patienceMs: 0 });
});

async function* never(): AsyncGenerator<never> {
  await new Promise(() => {});
  yield* [];
}
