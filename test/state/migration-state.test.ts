import { describe, expect, test } from 'vitest';
import { decodeLedgerEvent, encodeLedgerEvent } from '../../src/state/ledger-codec.ts';
import type { CaptureRecord, HandOverRecord, LedgerEvent, LedgerFact } from '../../src/state/ledger-event.ts';
import { emptyState, foldLedger } from '../../src/state/migration-state.ts';

const split = { id: 'orders/0', table: 'orders', tableId: 'ab', range: { start: -5n, end: 7n } };

function event(fact: LedgerFact, atMicros = 1n): LedgerEvent {
  return { ...fact, atMicros, by: 'host:1' };
}

const copied = event({
  kind: 'split-copied',
  copied: {
    split,
    floorMicros: 3n,
    readRows: 9n,
    writtenRows: 9n,
    supersededRows: 0n,
    deadLetteredRows: 0n,
    bytes: 100n,
    worker: 'w',
    finishedAtMicros: 4n,
  },
});

const events: readonly LedgerEvent[] = [
  event({ kind: 'phase-started', phase: 'deploy-agent', planDigest: 'd1' }, 1n),
  event({ kind: 'phase-confirmed', phase: 'deploy-agent', summary: '1 agent' }, 2n),
  event({ kind: 'splits-planned', splits: [split] }),
  copied,
  event({ kind: 'slice-opened', slice: { id: 's1', table: 'orders', reason: 'a hole', openedAtMicros: 5n } }),
  event({ kind: 'drain-asked', nonce: 'n1' }),
  event({ kind: 'drained', nonce: 'n1' }, 9n),
];

test('an event survives its trip through the topic, bigints and bytes included', () => {
  const withBytes = event({
    kind: 'validated',
    validation: {
      startedAtMicros: -(2n ** 62n),
      finishedAtMicros: 2n,
      isAfterDrain: false,
      isFull: true,
      tables: [],
      unsettled: [{ table: 't', key: { partitionKey: [Buffer.from([0, 255])], clustering: [Buffer.alloc(0)] } }],
      unsettledCount: 1,
    },
  });
  const lookalike = event({ kind: 'phase-confirmed', phase: 'validate', summary: '12n' });
  const hexLike = event({ kind: 'drain-asked', nonce: '0xab' });
  const escaped = event({ kind: 'drain-asked', nonce: '=12n' });
  for (const each of [...events, withBytes, lookalike, hexLike, escaped])
    expect(decodeLedgerEvent(encodeLedgerEvent(each))).toEqual(each);
});

describe('an undo of deploy-agent', () => {
  const capture = { nodes: [], tables: [], cdcTurnedOn: [] } as unknown as CaptureRecord;
  const deployed = [event({ kind: 'capture-prepared', capture }), ...events.slice(0, 2)];
  const undone = event({ kind: 'capture-prepared', capture: { ...capture, isUndone: true } });
  const record = { nodes: [], tables: [] } as unknown as HandOverRecord;
  const isDone = (all: readonly LedgerEvent[]) =>
    foldLedger(all).phases.get('deploy-agent')?.confirmedAtMicros !== undefined;

  test('leaves it to be run again before anything else, until it has been', () => {
    expect(isDone(deployed)).toBe(true);
    expect(isDone([...deployed, undone])).toBe(false);
    expect(isDone([...deployed, undone, ...deployed])).toBe(true);
  });

  test('after the hand-over takes back no phase: the migration goes on, with a hole', () => {
    expect(isDone([...deployed, event({ kind: 'handed-over', record }), undone])).toBe(true);
  });
});

describe('a deploy-agent after an undo', () => {
  const tables = [
    { name: 'orders', id: 'a' },
    { name: 'carts', id: 'b' },
  ];
  const capture = { nodes: [], tables, cdcTurnedOn: ['orders'] } as unknown as CaptureRecord;
  const prepared = (more: Partial<CaptureRecord>, atMicros: bigint) =>
    event({ kind: 'capture-prepared', capture: { ...capture, ...more } }, atMicros);
  const handedOver = event({ kind: 'handed-over', record: { nodes: [], tables } as unknown as HandOverRecord }, 2n);
  const inDoubt = (...all: readonly LedgerEvent[]) =>
    [...foldLedger(all).openSlices.values()].map(({ table, openedAtMicros }) => `${table} ${openedAtMicros}`);
  const begun = [prepared({}, 1n), handedOver];
  const undone = prepared({ isUndone: true }, 3n);

  test('puts the tables in doubt of which no node kept anything meanwhile: their agents go on and see no hole', () => {
    expect(inDoubt(...begun, undone, undone)).toEqual([]);
    expect(inDoubt(...begun, undone, prepared({}, 4n), prepared({}, 5n))).toEqual(['orders 4']);
  });

  test('puts nothing in doubt before the hand-over, whose snapshot reads later, nor where the nodes kept it', () => {
    expect(inDoubt(prepared({}, 1n), undone, prepared({}, 4n), handedOver)).toEqual([]);
    const kept = { cdcTurnedOn: [] };
    expect(inDoubt(...begun, prepared({ ...kept, isUndone: true }, 3n), prepared(kept, 4n))).toEqual([]);
  });
});

test('every event told twice gives the same state as told once', () => {
  expect(foldLedger(events.flatMap((each) => [each, each]))).toEqual(foldLedger(events));
});

test('a phase that starts again after it was confirmed stays confirmed', () => {
  const state = foldLedger([...events, event({ kind: 'phase-started', phase: 'deploy-agent', planDigest: 'd1' }, 8n)]);
  expect(state.phases.get('deploy-agent')).toMatchObject({ confirmedAtMicros: 2n, startedAtMicros: 8n });
});

test('a drain counts only for the nonce that was asked for last', () => {
  const state = foldLedger([
    ...events,
    event({ kind: 'drain-asked', nonce: 'n2' }),
    event({ kind: 'drained', nonce: 'n1' }),
  ]);
  expect(state.drain).toEqual({ nonce: 'n2', confirmedAtMicros: undefined });
});

test('a settled slice is no longer open', () => {
  expect(foldLedger(events).openSlices.size).toBe(1);
  expect(
    foldLedger([...events, event({ kind: 'slice-settled', id: 's1', how: 'compared equal' })]).openSlices.size,
  ).toBe(0);
});

test('a slice that was settled is not opened again by who reads of it once more', () => {
  const settled = event({ kind: 'slice-settled', id: 's1', how: 'compared equal' });
  expect(foldLedger([...events, settled, ...events]).openSlices.size).toBe(0);
});

test('an empty ledger is a migration that nobody has begun', () => {
  expect(foldLedger([])).toBe(emptyState);
});

describe('a table that waits for a decision', () => {
  const pause = {
    table: 'orders',
    differences: ['column x int was added'],
    ddl: [],
    cannot: undefined,
    choices: [],
    decisionsKnown: 0,
  };
  const schema = { tables: [], columns: [], types: [], droppedColumns: [] };
  const decided = event({
    kind: 'schema-decided',
    decision: { action: 'ignore', table: 'orders', schema, readAtMicros: 1n, leftOut: ['x'] },
  });
  const pausedBy = (decisionsKnown: number) => event({ kind: 'table-paused', pause: { ...pause, decisionsKnown } });

  test('waits until it is decided about, or is again what it was', () => {
    expect([...foldLedger([pausedBy(0)]).pauses.keys()]).toEqual(['orders']);
    expect(foldLedger([pausedBy(0), decided]).pauses.size).toBe(0);
    expect(foldLedger([pausedBy(0), event({ kind: 'table-resumed', table: 'orders' })]).pauses.size).toBe(0);
  });

  test('that is stopped takes its slices in doubt with it, also those that are opened later', () => {
    const slice = (table: string) =>
      event({ kind: 'slice-opened', slice: { id: `${table}/x`, table, reason: 'x', openedAtMicros: 1n } });
    const stopped = event({
      kind: 'schema-decided',
      decision: { action: 'stop', table: 'orders', reason: 'moved by hand' },
    });
    const both = [slice('orders'), slice('parts')];
    expect([...foldLedger([...both, stopped]).openSlices.keys()]).toEqual(['parts/x']);
    expect([...foldLedger([stopped, ...both]).openSlices.keys()]).toEqual(['parts/x']);
  });

  test('has left for good once it is stopped, whatever is decided by who did not know of that', () => {
    const stopped = event({
      kind: 'schema-decided',
      decision: { action: 'stop', table: 'orders', reason: 'moved by hand' },
    });
    expect(foldLedger([stopped, decided])).toEqual(foldLedger([stopped]));
    expect(foldLedger([decided, stopped]).schemaDecisions.get('orders')?.decision.action).toBe('stop');
  });

  test('does not wait because of a worker that did not know of the decision', () => {
    expect(foldLedger([decided, pausedBy(0)]).pauses.size).toBe(0);
    expect(foldLedger([decided, pausedBy(1)]).pauses.size).toBe(1);
  });
});
