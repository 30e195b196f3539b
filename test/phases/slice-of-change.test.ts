import { expect, test } from 'vitest';
import { SchemaHistory } from '../../src/feeds/schema-history.ts';
import type { SchemaRows } from '../../src/model/schema.ts';
import { sliceOfChange } from '../../src/phases/slice-of-change.ts';
import type { LedgerEvent, LedgerFact } from '../../src/state/ledger-event.ts';
import { foldLedger } from '../../src/state/migration-state.ts';

test('a column that is dropped and added again puts its table in doubt, also after an earlier change of it was settled', () => {
  const history = new SchemaHistory(schemaOf(['v']), 1n);
  const added = openedBy(history, schemaOf(['v', 'w']), 2n);
  const settled = added.map(
    ({ slice }): LedgerFact => ({ kind: 'slice-settled', id: slice.id, how: 'compared equal' }),
  );
  const emptied = openedBy(history, schemaOf(['v', 'w'], { v: 5 }), 3n);

  expect(foldLedger(events(...added, ...settled)).openSlices.size).toBe(0);
  expect([...foldLedger(events(...added, ...settled, ...emptied)).openSlices.values()]).toMatchObject([
    { table: 't', reason: 'altered on the source' },
  ]);
});

test('a worker that reads of a change again opens the slice of before', () => {
  const [first, again] = [1, 2].map(() =>
    openedBy(new SchemaHistory(schemaOf(['v']), 1n), schemaOf(['v'], { v: 5 }), 2n),
  );
  expect(first).toEqual(again);
  expect(first).toHaveLength(1);
});

test('each truncation is another one', () => {
  const slice = (atMs: bigint) => sliceOfChange({ tableId: id, segmentId: 1n, position: 1, atMs }, 't', 1n);
  expect(slice(5n)).toEqual({
    id: 't/truncated on the source at 5 ms',
    table: 't',
    reason: 'truncated on the source at 5 ms',
    openedAtMicros: 1n,
  });
  expect(slice(6n).id).not.toBe(slice(5n).id);
});

const id = '1'.repeat(32);

function openedBy(history: SchemaHistory, rows: SchemaRows, atMicros: bigint) {
  const { changes } = history.reload(rows, atMicros);
  return changes.map((change) => ({ kind: 'slice-opened' as const, slice: sliceOfChange(change, 't', 1n) }));
}

/** `dropped`: when columns of these names were dropped, in ms. */
function schemaOf(regulars: readonly string[], dropped: Readonly<Record<string, number>> = {}): SchemaRows {
  const place = { keyspace: 'shop', table: 't' };
  const key = { kind: 'partition_key', position: 0 } as const;
  const regular = { kind: 'regular', position: -1 } as const;
  const column = (name: string) => ({ ...place, column: name, clusteringOrder: 'none', type: 'int' });
  return {
    tables: [{ ...place, id, flags: [], cdc: false, defaultTtlSeconds: 0 }],
    columns: [{ ...column('id'), ...key }, ...regulars.map((name) => ({ ...column(name), ...regular }))],
    types: [],
    droppedColumns: Object.entries(dropped).map(([name, ms]) => ({
      ...place,
      column: name,
      kind: 'regular' as const,
      type: 'int',
      droppedTimeMs: String(ms),
    })),
  };
}

function events(...facts: readonly LedgerFact[]): readonly LedgerEvent[] {
  return facts.map((fact) => ({ ...fact, atMicros: 1n, by: 'host:1' }));
}
