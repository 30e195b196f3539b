import { type Act, type History, planHistory } from './history.ts';
import { runHistory } from './run-history.ts';

/** Histories by their seeds; of the first that ends wrong the fewest acts that still do are told, with its seed. */
export async function proveHistories(firstSeed: number, count: number): Promise<readonly string[]> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const history = planHistory(seed);
    if ((await runHistory(history)).length > 0) return [await describe(history)];
  }
  return [];
}

async function describe(history: History): Promise<string> {
  const shrunk = await shrink(history);
  const faults = await runHistory(shrunk);
  const acts = shrunk.acts.map((act) => JSON.stringify(act));
  return [`CDCMIG_SEED=${history.seed}`, ...acts, ...faults].join('\n');
}

/** Leaves acts out, halves first, as long as what remains ends wrong. */
async function shrink(history: History): Promise<History> {
  let acts = history.acts;
  for (let size = acts.length >> 1; size >= 1; ) {
    const fewer = await withoutSome(history, acts, size);
    if (fewer) acts = fewer;
    else size >>= 1;
  }
  return { ...history, acts };
}

async function withoutSome(history: History, acts: readonly Act[], size: number): Promise<readonly Act[] | undefined> {
  for (let from = 0; from < acts.length; from += size) {
    const fewer = acts.toSpliced(from, size);
    if ((await runHistory({ ...history, acts: fewer })).length > 0) return fewer;
  }
  return undefined;
}
