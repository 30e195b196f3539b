import type { GateFacts } from '../../src/cutover/gates.ts';
import type { ComparedTable } from '../../src/model/difference.ts';
import type { HandOverRecord, LedgerFact, ValidationRecord } from '../../src/state/ledger-event.ts';
import { foldLedger } from '../../src/state/migration-state.ts';

const node = 'host-1';

const handOver: HandOverRecord = {
  instantMicros: 100n,
  nodes: [{ hostId: node, address: '127.0.0.1' }],
  changesPartitions: 4,
  tables: [{ name: 'orders', id: 'ab' }],
  recopiedTables: [],
  schema: { tables: [], columns: [], types: [], droppedColumns: [] },
};

/** A full validation of after the drain that found nothing. */
export function aValidation(changed: Partial<ValidationRecord> = {}): ValidationRecord {
  return {
    startedAtMicros: 300n,
    finishedAtMicros: 400n,
    isAfterDrain: true,
    isFull: true,
    tables: [aComparedTable()],
    unsettled: [],
    unsettledCount: 0,
    ...changed,
  };
}

export function aComparedTable(changed: Partial<ComparedTable> = {}): ComparedTable {
  return {
    table: 'orders',
    sourceRows: 9n,
    targetRows: 9n,
    sourceDigest: '00',
    targetDigest: '00',
    missing: 0,
    extra: 0,
    mismatched: 0,
    pending: 0,
    ...changed,
  };
}

/** What the ledger holds when a migration is ready for its cutover. */
export const readyLedger: readonly (readonly [atMicros: bigint, fact: LedgerFact])[] = [
  [100n, { kind: 'handed-over', record: handOver }],
  [200n, { kind: 'drain-asked', nonce: 'mark' }],
  [250n, { kind: 'drained', nonce: 'mark' }],
  [400n, { kind: 'validated', validation: aValidation() }],
];

export function stateOf(facts: readonly (readonly [bigint, LedgerFact])[]): GateFacts['state'] {
  return foldLedger(facts.map(([atMicros, fact]) => ({ ...fact, atMicros, by: 'host:1' })));
}

/** Facts with which every gate is open; a test closes one. */
export function openGates(changed: Partial<GateFacts> = {}): GateFacts {
  return {
    state: stateOf(readyLedger),
    nodes: [aNode(node)],
    writesStopped: true,
    hintsChecked: false,
    changesSeen: 0,
    counterChangesSeen: 0,
    pendingHints: new Map([[node, 0]]),
    pendingBatches: new Map([[node, 0]]),
    deadLetters: 0,
    parked: [],
    unbrokenSince: new Map([[node, 90n]]),
    streamUnknownBecause: undefined,
    ...changed,
  };
}

export function aNode(hostId: string, isUp = true): GateFacts['nodes'][number] {
  return { hostId, address: `address of ${hostId}`, isUp } as GateFacts['nodes'][number];
}
