import { expect, test } from 'vitest';
import { coverageOf } from '../../src/model/coverage.ts';
import type { MigrationStatus } from '../../src/model/migration-status.ts';
import { replicasOfRing } from '../../src/model/ring-replicas.ts';
import { statusText } from '../../src/ui/status-text.ts';

const ring = [1, 2, 3].map((n) => {
  const third = 2n ** 64n / 3n;
  return { hostId: `h${n}`, datacenter: 'dc1', rack: 'r1', tokens: [-(2n ** 63n) + third * BigInt(n)] };
});
const ranges = replicasOfRing(ring, { class: 'SimpleStrategy', replication_factor: '3' })!;

test('with every replica captured one line says so, and at which consistencies every write is seen', () => {
  const text = statusText(aStatus({ coverage: coverageOf(ranges, () => true) }));
  expect(text).toContain('coverage: 3 of 3 replicas captured without a break on 3 ranges (100 % of the ring)\n');
  expect(text).toContain(
    'every write acknowledged at ONE, LOCAL_ONE, TWO, THREE, QUORUM, LOCAL_QUORUM, EACH_QUORUM, ALL',
  );
  expect(text).not.toContain('too few replicas');
});

test('a node without capture names the consistencies at which writes may have gone unseen', () => {
  const text = statusText(aStatus({ coverage: coverageOf(ranges, (host) => host !== 'h2') }));
  expect(text).toContain('coverage: 2 of 3 replicas captured');
  expect(text).toContain('every write acknowledged at TWO, THREE, QUORUM');
  expect(text).toContain('too few replicas for writes at ONE on 3 ranges (100 % of the ring)');
});

test('a table that the target throttles is named, with what it takes and what it is known to take', () => {
  const hold = { by: 'target', table: 'shop.orders', writesPerSecond: 412.4, unitsPerSecond: 1_000 } as const;
  expect(statusText(aStatus({ heldBy: [hold] }))).toContain(
    'held by: target throttling, shop.orders: 412 writes/s taken of 1,000 units/s\n',
  );
  expect(statusText(aStatus({ heldBy: [{ ...hold, unitsPerSecond: undefined }] }))).toContain('412 writes/s taken\n');
});

test('coverage that nobody can tell says why', () => {
  const text = statusText(aStatus({ coverage: { unknownBecause: 'there is no hand-over yet' } }));
  expect(text).toContain('coverage: unknown: there is no hand-over yet');
});

test('a node tells what it keeps of the ring, and an alarm what to do', () => {
  const node = { hostId: 'h1', address: '10.0.0.1', unbrokenSince: 'unknown', hasHole: false, agent: undefined };
  const text = statusText(
    aStatus({
      nodes: [{ ...node, keeps: { ranges: 2, of: 40, share: 0.05 } }],
      alarms: [{ hostId: 'h4', address: '10.0.0.4', reason: 'it has no agent', next: 'give it one' }],
    }),
  );
  expect(text).toContain(
    'node 10.0.0.1 (h1): capture unbroken since unknown; keeps 2 of 40 ranges (5.0 % of the ring)',
  );
  expect(text).toContain('ALARM: node 10.0.0.4 (h4): it has no agent; next: give it one');
});

test('a connector is named by what is wrong with it, and otherwise not', () => {
  const text = statusText(
    aStatus({
      connectors: [
        { name: 'shop-orders', table: 'orders', troubles: ['restarted 4 times', '1 record is lost'] },
        { name: 'shop-carts', table: 'carts', troubles: [] },
      ],
    }),
  );
  expect(text).toContain('ALARM: connector shop-orders: restarted 4 times\nALARM: connector shop-orders: 1 record');
  expect(text).not.toContain('shop-carts');
});

test('the share of copies among the changes is told, and every outcome', () => {
  const books = {
    received: 200,
    applied: 100,
    duplicates: 50,
    superseded: 1,
    recopied: 2,
    deadLettered: 3,
    parked: 4,
    ignored: 40,
  };
  const lastMinute = { ...books, received: 100, ignored: 0, applied: 40 };
  const stream = {
    ...books,
    lastMinute,
    lagMs: 5,
    latencyMs: { p50: 1, p99: 2 },
  } as unknown as MigrationStatus['stream'];
  expect(statusText(aStatus({ stream }))).toContain(
    'changes: 200 received = 100 applied + 50 duplicates (25 %) + 1 superseded by a range or partition delete + 2 recopied + 3 dead letters + 4 parked + 40 ignored\n' +
      '  of them in the last whole minute: 100 received = 40 applied + 50 duplicates (50 %) + 1 superseded',
  );
});

test('a table in recopy mode is named', () => {
  expect(statusText(aStatus({ recopiedTables: ['visits'] }))).toContain('table visits is in recopy mode');
});

function aStatus(part: Partial<MigrationStatus>): MigrationStatus {
  const rest = {
    migration: 'm',
    keyspace: 'k',
    plan: undefined,
    phases: [],
    copying: { isPaused: false, rowsPerSecond: undefined },
    splits: { planned: 0, copied: 0 },
    rows: { read: 0n, written: 0n, superseded: 0n, deadLettered: 0n },
    stream: { lagMs: 'unknown', lastMinute: {}, latencyMs: { p50: undefined, p99: undefined } },
    heldBy: [],
    copyPauses: [],
    tables: [],
    secondsLeft: undefined,
    comparing: undefined,
    nodes: [],
    coverage: { unknownBecause: 'nothing' },
    alarms: [],
    connectors: [],
    openSlices: [],
    pausedTables: [],
    parked: [],
    recopiedTables: [],
    stoppedTables: [],
    deadLetters: 0,
    lastValidation: undefined,
    isCutOver: false,
    waitsFor: 'you',
  };
  return { ...rest, ...part } as unknown as MigrationStatus;
}

test('what kept workers from reading, and a comparison that has not ended, are shown', () => {
  const shown = statusText(
    aStatus({
      copyPauses: [{ worker: 'w1', reason: 'held by: the source, more than 100 compactions wait on node a' }],
      comparing: { startedAt: '2026-01-09T10:00:00.000Z', done: 3, total: 64 },
    }),
  );
  expect(shown).toContain('worker w1: held by: the source, more than 100 compactions wait on node a\n');
  expect(shown).toContain('comparing since 2026-01-09T10:00:00.000Z: 3 of 64 splits; ');
});

test('each table is shown with how far it is, and the time that is left once it is known', () => {
  const aTable = (table: string, state: 'not begun' | 'copying' | 'copied') => ({
    ...{ table, state, splits: { planned: 8, copied: 3 }, rows: 12n },
  });
  const few = statusText(aStatus({ tables: [aTable('orders', 'copying')], secondsLeft: 5_400 }));
  expect(few).toContain(
    ', about 1 h 30 min left at the speed of the last half hour\n  orders: copying, 3 of 8 splits, 12 rows\n',
  );
  expect(statusText(aStatus({}))).not.toContain('left at');

  const many = Array.from({ length: 40 }, (_, n) =>
    aTable(`t${n}`, n === 7 ? 'copying' : n < 7 ? 'copied' : 'not begun'),
  );
  const shown = statusText(aStatus({ tables: many }));
  expect(shown).toContain('  tables: 32 not begun, 1 copying, 7 copied\n  t7: copying, 3 of 8 splits, 12 rows\n');
  expect(shown).not.toContain('t8');
});
