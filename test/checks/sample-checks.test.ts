import { expect, test } from 'vitest';
import type { CheckContext } from '../../src/checks/check.ts';
import { unexpectedExpiry } from '../../src/checks/sample-checks.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';

const table = aTable({ name: 'orders' });

function asked({ expires, ttl }: { expires: boolean; ttl?: number }, tables = [table]) {
  const rows = [1, 2, 3].map((id) => ({
    values: { id: int(id), name: text('n') },
    ...(id === 2 && ttl !== undefined && { ttlSeconds: { name: ttl } }),
  }));
  const config = { snapshot: { tables: [{ table: 'orders', order: 0, expires }] } };
  const source = inMemoryReader(rows);
  const context = { config, tables, source } as unknown as CheckContext;
  return unexpectedExpiry.ask(context).then((findings) => ({ findings, reads: source.reads }));
}

test('a value that expires where none is said to is a fault', async () => {
  expect((await asked({ expires: false, ttl: 60 })).findings).toMatchObject([
    {
      severity: 'fault',
      found: '1 of 3 rows sampled in orders have some',
      next: expect.stringContaining('expires: false'),
    },
  ]);
});

test('none is none', async () => {
  expect((await asked({ expires: false })).findings).toEqual([]);
});

test('tables whose times are read are not asked', async () => {
  expect(await asked({ expires: true, ttl: 60 })).toEqual({ findings: [], reads: 0 });
  expect(await asked({ expires: false, ttl: 60 }, [aTable({ name: 'others' })])).toEqual({ findings: [], reads: 0 });
});
