import { expect, test } from 'vitest';
import type { CopiedSplit, Split } from '../../src/model/split.ts';
import { tableProgress } from '../../src/phases/table-progress.ts';
import { emptyState } from '../../src/state/migration-state.ts';

function aSplit(table: string, number: number): Split {
  return { id: `${table}/${number}`, table, tableId: 'ab', range: { start: 0n, end: 1n } };
}

test('each table is told with its splits, its rows and how far it is', () => {
  const splits = ['done', 'some', 'none', 'gone'].flatMap((table) => [aSplit(table, 0), aSplit(table, 1)]);
  const copied = ['done/0', 'done/1', 'some/1', 'gone/0'].map((id) => {
    const split = splits.find((each) => each.id === id)!;
    return [id, { split, readRows: 7n } as CopiedSplit] as const;
  });
  const decision = { action: 'stop', table: 'gone', reason: 'unused' } as const;
  const state = {
    ...emptyState,
    splits: new Map(splits.map((split) => [split.id, split])),
    copied: new Map(copied),
    schemaDecisions: new Map([['gone', { decision, atMicros: 1n, count: 1 }]]),
  };

  expect(tableProgress(state)).toEqual([
    { table: 'done', state: 'copied', splits: { planned: 2, copied: 2 }, rows: 14n },
    { table: 'gone', state: 'left', splits: { planned: 2, copied: 1 }, rows: 7n },
    { table: 'none', state: 'not begun', splits: { planned: 2, copied: 0 }, rows: 0n },
    { table: 'some', state: 'copying', splits: { planned: 2, copied: 1 }, rows: 7n },
  ]);
});
