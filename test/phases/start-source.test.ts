import { expect, test } from 'vitest';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { startSource } from '../../src/phases/start-source.ts';
import { openLedger } from '../../src/state/ledger.ts';
import type { CaptureRecord } from '../../src/state/ledger-event.ts';
import { aClock } from '../support/a-clock.ts';
import { aConfig } from '../support/a-config.ts';
import { aTable } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const handOver = startSource.steps.find(({ title }) => title === 'hand-over record')!.run;

const carts = aTable({ name: 'carts', id: 'ca'.repeat(16) });
const orders = aTable({ name: 'orders', id: '0d'.repeat(16) });

test('no table is handed over that came to the plan after deploy-agent, whose agents pass over its changes', async () => {
  const context = await aRun({ captured: [carts], planned: [carts, orders] });
  await expect(handOver(context)).rejects.toThrow(/found orders.*--phase deploy-agent/);
  expect((await context.ledger.refresh()).handOver).toBeUndefined();
});

test('a table that was created again after deploy-agent is not the one that its agents capture', async () => {
  const context = await aRun({ captured: [{ ...orders, id: 'ff'.repeat(16) }], planned: [orders] });
  await expect(handOver(context)).rejects.toThrow(/found orders.*--phase deploy-agent/);
});

test('nothing is handed over while a deploy-agent that was begun anew is not finished: its agents may not know what it wrote down', async () => {
  const context = await aRun({ captured: [carts, orders], planned: [carts, orders] });
  await context.ledger.append({ kind: 'phase-started', phase: 'deploy-agent', planDigest: 'b' });
  await expect(handOver(context)).rejects.toThrow(/not finished.*--phase deploy-agent/);
  await context.ledger.append({ kind: 'phase-confirmed', phase: 'deploy-agent', summary: '' });
  expect(await handOver(context)).toBe('2 tables, 0 nodes');
});

test('what is captured and left out of the plan since is not handed over', async () => {
  const context = await aRun({ captured: [carts, orders], planned: [carts] });
  expect(await handOver(context)).toBe('1 tables, 0 nodes');
  expect((await context.ledger.refresh()).handOver?.tables).toEqual([{ name: 'carts', id: carts.id }]);
});

type Tables = PhaseContext['tables'];

async function aRun({ captured, planned }: { captured: Tables; planned: Tables }): Promise<PhaseContext> {
  const clock = aClock();
  const ledger = await openLedger({ bus: inMemoryBus().bus, clock, by: 'test' });
  const tables = captured.map(({ name, id }) => ({ name, id }));
  const capture = { mode: 'commitlog', nodes: [], changesPartitions: 1, tables } as unknown as CaptureRecord;
  await ledger.append({ kind: 'phase-started', phase: 'deploy-agent', planDigest: 'a' });
  await ledger.append({ kind: 'capture-prepared', capture });
  await ledger.append({ kind: 'phase-confirmed', phase: 'deploy-agent', summary: '' });
  const schema = async () => ({ tables: [], columns: [], types: [], droppedColumns: [] });
  const source = { ensureCanaryTable: async () => aTable(), schema };
  const signal = new AbortController().signal;
  return { config: aConfig({}), source, ledger, clock, tables: planned, signal } as unknown as PhaseContext;
}
