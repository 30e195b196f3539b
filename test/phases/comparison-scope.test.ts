import { expect, test } from 'vitest';
import { scopeTables } from '../../src/phases/comparison-scope.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import type { CaptureRecord, TargetIds } from '../../src/state/ledger-event.ts';
import type { MigrationState } from '../../src/state/migration-state.ts';
import { aNode, readyLedger, stateOf } from '../cutover/open-gates.ts';
import { aTable } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const proven = { fullAtMicros: 150n, lookedAtMicros: 150n, fromMicros: 140n, targetIds: { orders: 'cd' } };

async function wholeTablesOf(
  ring: readonly string[],
  targetIds: TargetIds = proven.targetIds,
  more: Partial<MigrationState> = {},
) {
  const { bus } = inMemoryBus();
  const state = { ...stateOf(readyLedger), proven, ...more };
  const source = {
    nodes: async () => ring.map((hostId) => aNode(hostId)),
    sizeEstimate: async () => ({ partitions: 0, meanPartitionBytes: 0 }),
  };
  const context = { bus, source, ledger: { state }, signal: new AbortController().signal } as unknown as WorkerContext;
  return (await scopeTables(context, [aTable({ name: 'orders' })], { kind: 'changed' }, targetIds)).whole;
}

test('of what changed only that is compared, as long as every host of the ring has an agent that names it', async () => {
  expect(await wholeTablesOf(['host-1'])).toEqual(new Set());
});

test('every row is compared while a host has no agent, whether or not its slices were settled before', async () => {
  expect(await wholeTablesOf(['host-1', 'host-2'])).toEqual(new Set(['orders']));
});

test('every row is compared while deploy-agent is undone', async () => {
  const capture = { nodes: [{ hostId: 'host-1', address: '' }], isUndone: true } as unknown as CaptureRecord;
  expect(await wholeTablesOf(['host-1'], proven.targetIds, { capture })).toEqual(new Set(['orders']));
});

test('every row is compared of a table that is another on the target than the one that was seen equal', async () => {
  expect(await wholeTablesOf(['host-1'], { orders: 'ef' })).toEqual(new Set(['orders']));
  expect(await wholeTablesOf(['host-1'], {})).toEqual(new Set(['orders']));
});

test('of what changed nothing is compared with a feed that does not tell of all: the options that asked for it are named', async () => {
  const ledger = { state: { handOver: { datastax: { lanes: [] } } } };
  const scoped = scopeTables({ ledger } as unknown as WorkerContext, [], { kind: 'changed' }, {});
  await expect(scoped).rejects.toThrow('leave --since last or --validation changed away');
});
