import { describe, expect, test } from 'vitest';
import type { RowKey } from '../../src/model/difference.ts';
import { type Settling, settleDifferences } from '../../src/validation/settle-differences.ts';
import { absentShare } from '../../src/validation/split-tally.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';

const table = aTable({ clustering: { at: 'int' }, statics: { owner: 'text' }, regulars: { a: 'text' } });
const second = 1_000_000n;

describe('settleDifferences', () => {
  test('a key that is equal at the second look is no difference', async () => {
    const { verdicts } = await settle({ source: [row('x')], target: [row('x')] });

    expect(verdicts).toEqual(['equal']);
  });

  test('a key whose change arrives while it is looked at is no difference', async () => {
    const target = inMemoryReader([row('old')]);
    const clock = aClock();

    const { verdicts } = await settle({
      source: [row('new')],
      target,
      clock,
      streamTime: () => {
        // The sink is three seconds behind, and applies what it then sees.
        if (clock.now > start + 3n * second) target.rows = [row('new')];
        return clock.now - 3n * second;
      },
    });

    expect(verdicts).toEqual(['equal']);
  });

  test.each([
    { kind: 'missing', source: [row('x')], target: [], columns: [] },
    { kind: 'extra', source: [], target: [row('x')], columns: [] },
    { kind: 'mismatch', source: [row('x')], target: [row('y')], columns: ['a'] },
  ])('a key that still differs when the stream has passed is $kind', async ({ kind, source, target, columns }) => {
    const clock = aClock();

    const { verdicts, settled } = await settle({ source, target, clock, streamTime: () => clock.now - second });

    expect(verdicts).toEqual([kind]);
    expect(settled[0]!.last.columns).toEqual(columns);
  });

  test('without a sink a key that differs stays pending after one more look', async () => {
    const source = inMemoryReader([row('x')]);

    const { verdicts } = await settle({ source, target: [], streamTime: () => undefined, patienceMs: 0 });

    expect(verdicts).toEqual(['pending']);
    expect(source.reads).toBe(1);
  });

  test('while stream time stands still a key stays pending', async () => {
    const { verdicts } = await settle({ source: [row('x')], target: [], streamTime: () => start, patienceMs: 60_000 });

    expect(verdicts).toEqual(['pending']);
  });

  test('a key that the source changes at every look is never called a difference', async () => {
    const clock = aClock();
    const source = inMemoryReader([]);
    let version = 0;

    const { verdicts } = await settle({
      source,
      target: [],
      clock,
      patienceMs: 120_000,
      streamTime: () => {
        source.rows = [row(`version ${version++}`)];
        return clock.now;
      },
    });

    expect(verdicts).toEqual(['pending']);
    expect(version).toBeGreaterThan(5);
  });

  test('a static row is settled by any row of its partition', async () => {
    const clock = aClock();
    const withOwner = (owner: string, at: number) => ({ values: { ...row('x', at).values, owner: text(owner) } });

    const { verdicts, settled } = await settle({
      source: [withOwner('ann', 1), withOwner('ann', 2)],
      target: [withOwner('bob', 1), withOwner('bob', 2)],
      key: { partitionKey: [int(1)], clustering: [] },
      clock,
      streamTime: () => clock.now,
    });

    expect(verdicts).toEqual(['mismatch']);
    expect(settled[0]!.last.columns).toEqual(['owner']);
  });

  test('an aborted signal ends the waiting', async () => {
    const stop = new AbortController();
    const streamTime = () => void stop.abort(new Error('enough'));

    await expect(settle({ source: [row('x')], target: [], streamTime, signal: stop.signal })).rejects.toThrow('enough');
  });
});

const start = 1_700_000_000_000_000n;

type Parts = Partial<Omit<Settling, 'sides'>> & {
  readonly source: readonly MemoryRow[] | ReturnType<typeof inMemoryReader>;
  readonly target: readonly MemoryRow[] | ReturnType<typeof inMemoryReader>;
  readonly key?: RowKey;
};

async function settle({ source, target, key = { partitionKey: [int(1)], clustering: [int(1)] }, ...parts }: Parts) {
  const first = { key, columns: [], source: absentShare, target: absentShare };
  const settled = await settleDifferences([first], {
    sides: { source: readerOf(source), target: readerOf(target) },
    table,
    clock: aClock(start),
    streamTime: () => undefined,
    patienceMs: 30_000,
    ...parts,
  });
  return { settled, verdicts: settled.map(({ verdict }) => verdict) };
}

function readerOf(rows: readonly MemoryRow[] | ReturnType<typeof inMemoryReader>) {
  return 'readRange' in rows ? rows : inMemoryReader(rows);
}

function row(a: string, at = 1): MemoryRow {
  return { values: { id: int(1), at: int(at), a: text(a) } };
}
