/** How many of the ascending ones come before: the index of the first for which `isBefore` no longer holds. */
export function lowerBound<Each>(ascending: readonly Each[], isBefore: (one: Each) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(ascending[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
