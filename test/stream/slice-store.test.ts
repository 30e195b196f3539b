import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalSlice } from '../../src/model/slice-journal.ts';
import { SliceStore } from '../../src/stream/slice-store.ts';
import { int } from '../support/a-table.ts';

const slices = fc.record({
  tableId: fc.constantFrom('a'.repeat(32), 'b'.repeat(32)),
  partitionKey: fc.constantFrom(int(1), int(2), Buffer.from('/')),
  timestampMicros: fc.bigInt({ min: 1n, max: 4n }),
  decision: fc.constantFrom('apply', 'recopy'),
  range: fc.constantFrom(undefined, rangeTo(1), rangeTo(2)),
});
const steps = fc.array(fc.record({ does: fc.constantFrom('add', 'remove'), slice: slices }), { maxLength: 30 });

test('of each partition, range and decision the latest is kept until it is removed itself', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const store = new SliceStore();
      const kept = new Map<string, JournalSlice>();
      for (const { does, slice: drawn } of all) {
        const { range, ...others } = drawn;
        const slice = { ...others, ...(range && { range }) } as JournalSlice;
        const key = textOf({ ...slice, timestampMicros: 0n });
        const known = kept.get(key)?.timestampMicros ?? 0n;
        if (does === 'add') {
          store.add(slice);
          if (known < slice.timestampMicros) kept.set(key, slice);
        } else {
          store.remove(slice);
          if (known === slice.timestampMicros) kept.delete(key);
        }
        expect([...store.all()].map(textOf).sort()).toEqual([...kept.values()].map(textOf).sort());
        expect(store.size).toBe(kept.size);
        const here = store.ofPartition(slice.tableId, slice.partitionKey, { fromMicros: 2n, upToMicros: 3n });
        const ofPartition = [...kept.values()].filter(
          ({ tableId, partitionKey, timestampMicros: at }) =>
            tableId === slice.tableId && partitionKey.equals(slice.partitionKey) && at >= 2n && at <= 3n,
        );
        expect(here.map(textOf).sort()).toEqual(ofPartition.map(textOf).sort());
      }
    }),
  );
});

function rangeTo(c: number): NonNullable<JournalSlice['range']> {
  return { start: { values: [], isInclusive: true }, end: { values: [int(c)], isInclusive: false } };
}

function textOf(slice: JournalSlice): string {
  return JSON.stringify(slice, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}
