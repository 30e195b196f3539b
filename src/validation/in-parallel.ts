/**
 * Does the work for all items, at most `atOnce` at a time; answers in the order of the items. The first failure is
 * thrown after what runs has ended, and nothing new is begun.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = new Array(items.length);
  const entries = items.entries();
  let isStopped = false;
  const lane = async () => {
    // The lanes share one iterator, so each item is taken once.
    for (const [index, item] of entries) {
      if (isStopped) return;
      signal?.throwIfAborted();
      results[index] = await work(item);
    }
  };
  const stopOthers = (error: unknown): never => {
    isStopped = true;
    throw error;
  };
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, () => lane().catch(stopOthers));
  const ended = await Promise.allSettled(lanes);
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return results;
}
