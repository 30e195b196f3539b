import { expect, test } from 'vitest';
import { openTie } from '../../src/phases/open-tie.ts';
import { openLedger } from '../../src/state/ledger.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const aTie = (table: string, timestampMicros: bigint) => ({ table, column: 'a', timestampMicros });

test('a tie opens a slice of its table, and the operator is told once', async () => {
  const { ledger, tell, told } = await aWorker();
  await tell('t', 5n);
  await tell('t', 5n);
  await tell('t', 9n);
  expect([...ledger.state.openSlices.values()]).toMatchObject([
    { id: 't/tie at 5', table: 't', reason: 'two writes of a with the same timestamp and different values' },
  ]);
  expect(told).toEqual([
    'table t: two writes of a with the same timestamp and different values; its comparison decides',
  ]);
});

test('each table has its own', async () => {
  const { ledger, tell } = await aWorker();
  await tell('t', 5n);
  await tell('u', 5n);
  expect([...ledger.state.openSlices.values()].map(({ table }) => table)).toEqual(['t', 'u']);
});

test('a tie after the last one was settled opens another', async () => {
  const { ledger, tell } = await aWorker();
  await tell('t', 5n);
  await ledger.append({ kind: 'slice-settled', id: 't/tie at 5', how: 'compared' });
  await ledger.refresh();
  await tell('t', 9n);
  expect([...ledger.state.openSlices.keys()]).toEqual(['t/tie at 9']);
});

async function aWorker() {
  const clock = aClock(1_700_000_000_000_000n);
  const ledger = await openLedger({ bus: inMemoryBus().bus, clock, by: 'test' });
  const told: string[] = [];
  const report = (event: { readonly kind: string; readonly text?: string }) => void told.push(event.text ?? event.kind);
  const tell = (table: string, micros: bigint) => openTie(aTie(table, micros), { ledger, clock, report });
  return { ledger, tell, told };
}
