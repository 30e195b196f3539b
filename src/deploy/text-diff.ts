/** The lines that differ, as `diff` marks them, each with its number in its own text. */
export function textDiff(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const common = commonLines(old, now);
  const lines: string[] = [];
  let [at, to] = [0, 0];
  for (const [nextOld, nextNow] of [...common, [old.length, now.length] as const]) {
    for (; at < nextOld; at++) lines.push(`-${at + 1}: ${old[at]}`);
    for (; to < nextNow; to++) lines.push(`+${to + 1}: ${now[to]}`);
    [at, to] = [nextOld + 1, nextNow + 1];
  }
  return lines;
}

/** The places of a longest row of lines that both have: as many as there are of a thousand lines, a moment's work. */
function commonLines(old: readonly string[], now: readonly string[]): readonly (readonly [number, number])[] {
  const width = now.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      longest[i * width + j] =
        old[i] === now[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const places: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) places.push([i++, j++]);
    else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
    else j++;
  }
  return places;
}
