import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureHole } from '../../src/model/capture-hole.ts';
import type { LedgerEvent, LedgerFact } from '../../src/state/ledger-event.ts';
import { foldLedger } from '../../src/state/migration-state.ts';

const second = 1_000_000n;
const handOverMicros = 1_700_000_000n * second;
const tables = [
  { name: 'orders', id: 'aa' },
  { name: 'customers', id: 'bb' },
];

function event(fact: LedgerFact): LedgerEvent {
  return { ...fact, atMicros: 1n, by: 'host:1' };
}

const prepared = event({
  kind: 'capture-prepared',
  capture: {
    mode: 'cdc',
    nodes: [{ hostId: 'n1', address: '10.0.0.1' }],
    changesPartitions: 8,
    tables,
    keyspaceTableIds: ['aa', 'bb', 'cc'],
    canaryTableId: 'dd',
    cdcTurnedOn: [],
  },
});

const handedOver = event({
  kind: 'handed-over',
  record: {
    instantMicros: handOverMicros,
    nodes: [{ hostId: 'n1', address: '10.0.0.1' }],
    changesPartitions: 8,
    tables,
    recopiedTables: [],
    schema: { tables: [], columns: [], types: [], droppedColumns: [] },
  },
});

function aHole(part: { toMicros?: bigint; tableIds?: readonly string[]; fromSegment?: bigint } = {}): LedgerEvent {
  const { toMicros = handOverMicros + 100n * second, tableIds, fromSegment = 5n } = part;
  const at = { node: 'n1', fromSegment, toSegment: 7n, fromMicros: toMicros - second, toMicros };
  return event({ kind: 'capture-hole', hole: captureHole({ ...at, tableIds, reason: 'released' }) });
}

function openTables(...events: readonly LedgerEvent[]): readonly string[] {
  return [...foldLedger(events).openSlices.values()].map(({ table }) => table).sort();
}

test('a hole whose content nobody knows puts every migrated table in doubt', () => {
  expect(openTables(prepared, handedOver, aHole())).toEqual(['customers', 'orders']);
});

test('a hole whose records were read puts the tables in doubt that had records, and none that is not migrated', () => {
  expect(openTables(prepared, handedOver, aHole({ tableIds: ['aa', 'cc'] }))).toEqual(['orders']);
});

test('a slice of a hole names node, segments, time span and reason', () => {
  const [slice] = foldLedger([prepared, handedOver, aHole({ tableIds: ['aa'] })]).openSlices.values();
  expect(slice).toMatchObject({ hole: { node: 'n1', toMicros: handOverMicros + 100n * second } });
  expect(slice!.reason).toBe(
    'segments 5 to 7 of node n1, written between 2023-11-14T22:14:59.000Z and 2023-11-14T22:15:00.000Z: released',
  );
});

test('a hole that had ended before the hand-over is read by the snapshot, whichever of the two the ledger has first', () => {
  const early = aHole({ toMicros: handOverMicros - 60n * second });
  expect(openTables(prepared, early)).toEqual(['customers', 'orders']);
  expect(openTables(prepared, early, handedOver)).toEqual([]);
  expect(openTables(prepared, handedOver, early)).toEqual([]);
});

test('a hole that ended so close before the hand-over that clocks may disagree is in doubt', () => {
  const close = aHole({ toMicros: handOverMicros - 10n * second });
  expect(openTables(prepared, handedOver, close)).toEqual(openTables(prepared, close, handedOver));
  expect(openTables(prepared, handedOver, close)).toEqual(['customers', 'orders']);
});

test('a hole that is told again after it was settled stays settled', () => {
  const slices = [...foldLedger([prepared, handedOver, aHole()]).openSlices.keys()];
  const settled = slices.map((id) => event({ kind: 'slice-settled', id, how: 'compared equal' }));
  expect(openTables(prepared, handedOver, aHole(), ...settled, aHole())).toEqual([]);
  expect(openTables(prepared, handedOver, aHole(), ...settled, aHole({ fromSegment: 4n }))).toHaveLength(2);
});

test('holes and the hand-over give the same slices in any order and with any repeats', () => {
  const early = aHole({ toMicros: handOverMicros - 60n * second, fromSegment: 1n });
  const pool = [handedOver, early, aHole({ tableIds: ['aa'] }), aHole({ fromSegment: 6n, tableIds: ['bb'] })];
  const ids = (events: readonly LedgerEvent[]) => [...foldLedger([prepared, ...events]).openSlices.keys()].sort();
  const order = fc.shuffledSubarray([...pool, ...pool], { minLength: 2 * pool.length });
  fc.assert(
    fc.property(order, (events) => {
      expect(ids(events)).toEqual(ids(pool));
    }),
  );
});
