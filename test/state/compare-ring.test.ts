import { expect, test } from 'vitest';
import {
  alarmSentence,
  compareRing,
  followedNodes,
  type RingFacts,
  slicesOfAlarms,
} from '../../src/state/compare-ring.ts';
import type { HandOverRecord, LedgerEvent, LedgerFact } from '../../src/state/ledger-event.ts';
import { foldLedger } from '../../src/state/migration-state.ts';

const now = 1_700_000_000_000;
const nodes = [1, 2, 3].map((n) => ({ hostId: `h${n}`, address: `10.0.0.${n}` }));
const record: HandOverRecord = {
  instantMicros: 1n,
  nodes,
  changesPartitions: 2,
  tables: [
    { name: 'orders', id: 'a' },
    { name: 'customers', id: 'b' },
  ],
  recopiedTables: [],
  schema: { tables: [], columns: [], types: [] } as unknown as HandOverRecord['schema'],
};
const handedOver = event({ kind: 'handed-over', record });

test('a ring as it was handed over, whose agents all speak, raises no alarm', () => {
  expect(compareRing(facts())).toEqual([]);
});

test('a host that joined has no agent', () => {
  const alarms = compareRing(facts({ ring: [...nodes, { hostId: 'h4', address: '10.0.0.4' }] }));
  expect(alarms).toEqual([{ kind: 'no-agent', hostId: 'h4', address: '10.0.0.4' }]);
  expect(alarmSentence(alarms[0]!)).toMatchObject({ next: expect.stringContaining('capture.agents') });
});

test('a host with a new id at a known address has taken the place of the old one, which has left', () => {
  const alarms = compareRing(facts({ ring: [{ hostId: 'new', address: '10.0.0.1' }, nodes[1]!, nodes[2]!] }));
  expect(alarms).toEqual([
    { kind: 'no-agent', hostId: 'new', address: '10.0.0.1', replaces: 'h1' },
    { kind: 'node-left', hostId: 'h1', address: '10.0.0.1' },
  ]);
  expect(alarmSentence(alarms[0]!).reason).toContain('place of h1');
});

test('a node that was given a new address is the same node', () => {
  expect(compareRing(facts({ ring: [{ hostId: 'h1', address: '10.9.9.9' }, nodes[1]!, nodes[2]!] }))).toEqual([]);
});

test('an agent may be silent for thirty seconds', () => {
  expect(compareRing(facts({ heardAtMs: heard({ h2: now - 30_000 }) }))).toEqual([]);
  expect(compareRing(facts({ heardAtMs: heard({ h2: now - 31_000 }) }))).toEqual([
    { kind: 'agent-silent', hostId: 'h2', address: '10.0.0.2', silentSeconds: 31 },
  ]);
});

test('an agent that nobody has heard is silent', () => {
  const alarms = compareRing(facts({ heardAtMs: new Map() }));
  expect(alarms).toMatchObject(nodes.map(({ hostId }) => ({ kind: 'agent-silent', hostId, silentSeconds: undefined })));
  expect(alarmSentence(alarms[0]!).reason).toContain('more than a minute');
});

test('before the hand-over and after the cutover nothing is alarming', () => {
  const ring = [{ hostId: 'h9', address: '10.0.0.9' }];
  const cutOver = { keyspace: 'k', drainNonce: 'n', gates: [], validatedAtMicros: 1n, rows: 1n };
  expect(compareRing(facts({ ring, state: foldLedger([]) }))).toEqual([]);
  const over = foldLedger([handedOver, event({ kind: 'cut-over', record: cutOver })]);
  expect(compareRing(facts({ ring, state: over }))).toEqual([]);
});

test('once deploy-agent has followed a change of the ring, the stream waits for the new host and not for the old one', () => {
  const ring = [{ hostId: 'new', address: '10.0.0.1' }, nodes[1]!, nodes[2]!];
  const state = foldLedger([handedOver, captureOf(ring)]);
  expect(followedNodes(state).map(({ hostId }) => hostId)).toEqual(['new', 'h2', 'h3']);
  expect(compareRing(facts({ ring, state, heardAtMs: heard({ new: now }) }))).toEqual([]);
});

test('a host without an agent puts every table in doubt, once, also after that was settled', () => {
  const state = foldLedger([handedOver]);
  const alarms = compareRing(facts({ ring: [...nodes, { hostId: 'h4', address: '10.0.0.4' }] }));
  const slices = slicesOfAlarms(alarms, state, 5n);
  expect(slices.map(({ table, reason }) => `${table}: ${reason}`)).toEqual([
    'orders: no agent on 10.0.0.4 (h4)',
    'customers: no agent on 10.0.0.4 (h4)',
  ]);
  const opened = slices.map((slice) => event({ kind: 'slice-opened', slice }));
  expect(slicesOfAlarms(alarms, foldLedger([handedOver, ...opened]), 6n)).toEqual([]);
  const settled = slices.map(({ id }) => event({ kind: 'slice-settled', id, how: 'compared equal' }));
  expect(slicesOfAlarms(alarms, foldLedger([handedOver, ...opened, ...settled]), 7n)).toEqual([]);
});

test('a silent agent opens no slice, nor does a node that left as long as its agent is waited for', () => {
  const alarms = compareRing(facts({ ring: [nodes[0]!, nodes[1]!], heardAtMs: heard({ h1: 0 }) }));
  expect(alarms.map(({ kind }) => kind)).toEqual(['agent-silent', 'node-left']);
  expect(slicesOfAlarms(alarms, foldLedger([handedOver]), 5n)).toEqual([]);
});

test('a node that is followed no more puts every table in doubt: its agent may have been silent, and is not waited for', () => {
  const [h1, h2, h3] = nodes;
  const without = (settled: readonly LedgerEvent[], ...gone: readonly LedgerEvent[]) =>
    [...foldLedger([handedOver, captureOf([h1!, h2!, h3!]), ...settled, ...gone]).openSlices.values()].map(
      ({ table, reason }) => `${table}: ${reason.split(',')[0]}`,
    );
  const leaves = captureOf([h1!, h2!]);
  const doubt = ['orders: 10.0.0.3 (h3) left the ring', 'customers: 10.0.0.3 (h3) left the ring'];
  expect(without([], leaves)).toEqual(doubt);
  expect(without([], leaves, leaves)).toEqual(doubt);
  const back = [leaves, captureOf([h1!, h2!, h3!])];
  const ids = [...foldLedger([handedOver, captureOf([h1!, h2!, h3!]), leaves]).openSlices.keys()];
  const settled = ids.map((id) => event({ kind: 'slice-settled', id, how: 'compared equal' }));
  expect(without([...back, ...settled])).toEqual([]);
  expect(without([...back, ...settled], { ...leaves, atMicros: 2n })).toEqual(doubt);
});

test('a node that leaves before the hand-over, or stays while its agent is taken away, puts nothing in doubt', () => {
  const leaves = captureOf([nodes[0]!, nodes[1]!]);
  expect(foldLedger([captureOf(nodes), leaves, handedOver]).openSlices.size).toBe(0);
  expect(foldLedger([handedOver, captureOf(nodes), captureOf(nodes)]).openSlices.size).toBe(0);
});

function facts(part: Partial<RingFacts> = {}): RingFacts {
  return { state: foldLedger([handedOver]), ring: nodes, heardAtMs: heard(), nowMs: now, ...part };
}

function heard(part: Readonly<Record<string, number>> = {}): ReadonlyMap<string, number> {
  return new Map(Object.entries({ h1: now, h2: now, h3: now, ...part }));
}

function captureOf(ring: typeof nodes): LedgerEvent {
  const { changesPartitions, tables } = record;
  const empty = { keyspaceTableIds: [], canaryTableId: 'c', cdcTurnedOn: [] };
  return event({
    kind: 'capture-prepared',
    capture: { mode: 'commitlog', nodes: ring, changesPartitions, tables, ...empty },
  });
}

function event(fact: LedgerFact): LedgerEvent {
  return { ...fact, atMicros: 1n, by: 'host:1' };
}
