import {
  createKeyspacesState,
  type KeyspacesState,
  type StateOptions,
} from '../../../src/sandbox/keyspaces/keyspaces-state.ts';
import type { TableSchema } from '../../../src/sandbox/keyspaces/state/table-schema.ts';
import type { TableSettings } from '../../../src/sandbox/keyspaces/state/table-settings.ts';
import { aHeldClock, type HeldClock } from './a-held-clock.ts';

export interface HeldState {
  readonly state: KeyspacesState;
  readonly clock: HeldClock;
  /** What the backing cluster was told. */
  readonly ddl: string[];
  /** An ACTIVE table of an ACTIVE keyspace. */
  readonly withTable: (settings?: Partial<TableSettings>) => Promise<void>;
}

export const account = { region: 'eu-west-1', accountId: '111122223333' };

export const ordersSchema: TableSchema = {
  columns: [
    { name: 'id', type: 'int', isStatic: false },
    { name: 'at', type: 'timestamp', isStatic: false },
    { name: 'note', type: 'text', isStatic: false },
  ],
  partitionKey: ['id'],
  clustering: [{ name: 'at', isDescending: true }],
};

export const delayMs = 100;

/** A state whose clock moves only when told; every DDL takes 100 ms. */
export function aState(options: Partial<StateOptions> = {}): HeldState {
  const clock = aHeldClock();
  const ddl: string[] = [];
  const state = createKeyspacesState({
    account,
    clock,
    delays: { createMs: delayMs, updateMs: delayMs, deleteMs: delayMs },
    backing: {
      execute: async (statement) => {
        ddl.push(statement);
      },
    },
    ...options,
  });
  const withTable = async (settings: Partial<TableSettings> = {}) => {
    await state.createKeyspace({ name: 'shop' });
    await clock.advance(delayMs);
    await state.createTable({ keyspace: 'shop', name: 'orders', schema: ordersSchema, settings });
    await clock.advance(delayMs);
  };
  return { state, clock, ddl, withTable };
}
