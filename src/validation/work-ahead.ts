/**
 * Begins the work for items as they come and gives its results in their order: at most `atOnce` are begun and not yet
 * taken, so nothing is begun for who takes no more. The first failure is thrown after what runs has ended.
 */
export async function* workAhead<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It may fail when nobody waits for it any more; whoever takes it sees the failure.
      result.catch(() => undefined);
      begun.push(result);
      if (begun.length >= atOnce) yield await begun.shift()!;
    }
    while (begun.length > 0) yield await begun.shift()!;
  } finally {
    await Promise.allSettled(begun);
  }
}
