import { expect, test } from 'vitest';
import { matchRows, type Side } from '../../src/validation/match-rows.ts';
import { int } from '../support/a-table.ts';

test('a match gives out what waits before it, since the other side has passed it', () => {
  const { matcher, log } = watched();

  matcher.add('source', row(1));
  matcher.add('source', row(2));
  matcher.add('target', row(2));

  expect(log).toEqual(['source 1', 'match 2']);
});

test('what waits behind a match goes on waiting', () => {
  const { matcher, log } = watched();

  for (const id of [1, 2, 3]) matcher.add('source', row(id));
  for (const id of [2, 3]) matcher.add('target', row(id));

  expect(log).toEqual(['source 1', 'match 2', 'match 3']);
});

test('the end gives out what is left on both sides', () => {
  const { matcher, log } = watched();

  matcher.add('source', row(1));
  matcher.add('target', row(2));
  matcher.finish();

  expect(log).toEqual(['source 1', 'target 2']);
});

test('no more rows wait than may wait', () => {
  const { matcher, log } = watched(2);

  for (const id of [1, 2, 3, 4]) matcher.add('source', row(id));

  expect(log).toEqual(['source 1', 'source 2']);
});

test('of large rows fewer wait: what is not paired keeps its page in memory', () => {
  const { matcher, log } = watched();
  const large = (id: number) => ({ ...row(id), values: [Buffer.alloc(3 * 1024 * 1024)] });

  for (const id of [1, 2, 3, 4]) matcher.add('source', large(id));
  matcher.add('target', large(3));
  for (const id of [5, 6]) matcher.add('source', large(id));

  // Two fit in what may wait; what was paired makes room again.
  expect(log).toEqual(['source 1', 'source 2', 'match 3', 'source 4']);
});

function watched(mostWaiting?: number) {
  const log: string[] = [];
  const matcher = matchRows(
    {
      matched: (source) => log.push(`match ${idOf(source)}`),
      alone: (side: Side, image) => log.push(`${side} ${idOf(image)}`),
    },
    mostWaiting,
  );
  return { matcher, log };
}

function row(id: number) {
  return { key: { partitionKey: [int(id)], clustering: [] }, values: [] };
}

function idOf(image: ReturnType<typeof row> | { key: { partitionKey: readonly Buffer[] } }): number {
  return image.key.partitionKey[0]!.readInt32BE();
}
