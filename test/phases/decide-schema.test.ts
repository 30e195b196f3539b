import { expect, test } from 'vitest';
import type { SchemaRows } from '../../src/model/schema.ts';
import { decideSchema } from '../../src/phases/decide-schema.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { openLedger } from '../../src/state/ledger.ts';
import type { HandOverRecord, LedgerFact } from '../../src/state/ledger-event.ts';
import { aClock } from '../support/a-clock.ts';
import { aConfig } from '../support/a-config.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

test('a decision that takes longer than a stop by another operator does not bring the table back, and says so', async () => {
  const { context, ledger } = await aDecision({ meanwhile: [stop] });
  await expect(decideSchema(context, { choice: 'ignore', table: 'orders' })).rejects.toThrow('it was stopped');
  expect(ledger.state.schemaDecisions.get('orders')?.decision.action).toBe('stop');
});

test('without one it stands', async () => {
  const { context } = await aDecision({ meanwhile: [] });
  expect(await decideSchema(context, { choice: 'ignore', table: 'orders' })).toMatchObject({ leftOut: ['note'] });
});

const stop: LedgerFact = {
  kind: 'schema-decided',
  decision: { action: 'stop', table: 'orders', reason: 'moved by hand' },
};

/** Of a table that got a column; `meanwhile` comes while the source is asked for its schema. */
async function aDecision({ meanwhile }: { readonly meanwhile: readonly LedgerFact[] }) {
  const clock = aClock();
  const ledger = await openLedger({ bus: inMemoryBus().bus, clock, by: 'test' });
  await ledger.append({ kind: 'handed-over', record: handOver });
  const source = {
    async schema() {
      for (const fact of meanwhile) await ledger.append(fact);
      return schemaOf(['id', 'note']);
    },
  };
  const context = { ledger, source, clock, config: aConfig({}), signal: new AbortController().signal };
  return { context: context as unknown as WorkerContext, ledger };
}

const id = 'ab'.repeat(16);

function schemaOf(columns: readonly string[]): SchemaRows {
  const orders = { keyspace: 'shop', table: 'orders' };
  return {
    tables: [{ ...orders, id, flags: ['compound'], cdc: false, defaultTtlSeconds: 0 }],
    columns: columns.map((column) => ({
      ...{ ...orders, column, clusteringOrder: 'none', type: 'int' },
      ...(column === 'id' ? { kind: 'partition_key', position: 0 } : { kind: 'regular', position: -1 }),
    })),
    types: [],
    droppedColumns: [],
  };
}

const handOver: HandOverRecord = {
  instantMicros: 1n,
  nodes: [],
  changesPartitions: 1,
  tables: [{ name: 'orders', id }],
  recopiedTables: [],
  schema: schemaOf(['id']),
};
