/**
 * Waits for all of them, also when one has failed, and throws the first failure then: nothing of it may be under way any more
 * when it is said to be over.
 */
export async function allEnded<Result>(works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  // By far the commonest, and asked for at every step of a change.
  if (works.length <= 1) return Promise.all(works);
  const ends = await Promise.allSettled(works);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
