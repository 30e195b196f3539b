import { expect, test } from 'vitest';
import type { CheckContext } from '../../src/checks/check.ts';
import { hiddenColumns } from '../../src/checks/target-checks.ts';
import type { DroppedColumnRow } from '../../src/model/schema.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { aTable } from '../support/a-table.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;
const orders = aTable({ name: 'orders' });

/** A target whose table `orders` has a column `name`, and of which columns were dropped. */
function targetWith(...dropped: readonly Pick<DroppedColumnRow, 'table' | 'column' | 'droppedTimeMs'>[]): CheckContext {
  const row = (table: string, column: string) => ({
    ...{ keyspace: 'moved', table, column, kind: 'regular' as const },
    ...{ position: -1, clusteringOrder: 'none', type: 'text' },
  });
  const schema = async () => ({
    tables: [],
    columns: [row('orders', 'name'), row('others', 'name')],
    types: [],
    droppedColumns: dropped.map((one) => ({ ...row(one.table, one.column), ...one })),
  });
  const parts = { config: { window: keyspacesWindow }, tables: [orders], target: { schema } };
  return { ...parts, clock: { nowMicros: () => BigInt(nowMs) * 1000n } } as unknown as CheckContext;
}

const drop = (hoursAgo: number, table = 'orders', column = 'name') => ({
  ...{ table, column },
  droppedTimeMs: `${nowMs - hoursAgo * hourMs}`,
});

test('a column that was dropped and added again hides what is copied into it', async () => {
  const findings = await hiddenColumns.ask(targetWith(drop(1)));
  expect(findings).toMatchObject([{ severity: 'fault', check: 'hidden columns' }]);
  expect(findings[0]!.expected).toContain('column name of orders');
  expect(findings[0]!.found).toContain('2026-11-21T11:00:00.000Z');
});

test.each([
  { title: 'dropped before any copied row’s time', dropped: drop(45) },
  { title: 'dropped and not there again', dropped: drop(1, 'orders', 'gone') },
  { title: 'of a table that is not moved', dropped: drop(1, 'others') },
])('a column $title hides nothing', async ({ dropped }) => {
  expect(await hiddenColumns.ask(targetWith(dropped))).toEqual([]);
});

test('a column that was dropped at the very floor is hidden: Cassandra drops what is as old as the drop', async () => {
  expect(await hiddenColumns.ask(targetWith(drop(44)))).toHaveLength(1);
  expect(await hiddenColumns.ask(targetWith())).toEqual([]);
});
