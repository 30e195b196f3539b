import { describe, expect, test } from 'vitest';
import { type GateFacts, gatesBeforeDrain, gatesOfCutover } from '../../src/cutover/gates.ts';
import type { CaptureRecord, ValidationRecord } from '../../src/state/ledger-event.ts';
import { aComparedTable, aNode, aValidation, openGates, readyLedger, stateOf } from './open-gates.ts';

const aCapture = { nodes: [{ hostId: 'host-1', address: '127.0.0.1' }] } as unknown as CaptureRecord;

/** The gates that are closed, with their reasons. */
function closed(facts: GateFacts): Record<string, string> {
  const gates = gatesOfCutover(facts).filter(({ isOpen }) => !isOpen);
  return Object.fromEntries(gates.map(({ gate, reason }) => [gate, reason]));
}

test('a migration that has drained and compared equal passes every gate', () => {
  expect(closed(openGates())).toEqual({});
});

test('every gate of before the drain is asked again at the cutover', () => {
  const early = gatesBeforeDrain(openGates()).map(({ gate }) => gate);
  const late = gatesOfCutover(openGates()).map(({ gate }) => gate);
  expect(late.slice(0, early.length)).toEqual(early);
});

describe('before the drain', () => {
  test('the operator has to say that the application was stopped', () => {
    expect(closed(openGates({ writesStopped: false }))['writes stopped']).toContain('--writes-stopped');
  });

  test('counters that are not moved may be written on', () => {
    expect(closed(openGates({ counterChangesSeen: 3 }))).toEqual({});
  });

  test('changes that still come contradict the operator', () => {
    expect(closed(openGates({ changesSeen: 3 }))['writes stopped']).toContain('3 changes came');
  });

  test('a sink that cannot tell whether changes come keeps the gate closed', () => {
    expect(closed(openGates({ changesSeen: undefined }))).toHaveProperty('writes stopped');
  });

  test('a node that is down is named', () => {
    const facts = openGates({ nodes: [aNode('host-1'), aNode('host-2', false)] });
    expect(closed(facts)['every node up']).toContain('address of host-2');
  });

  test('hints of one node for another keep the gate closed', () => {
    const nodes = [aNode('host-1'), aNode('host-2')];
    const pendingHints = new Map([
      ['host-1', 0],
      ['host-2', 7],
    ]);
    expect(closed(openGates({ nodes, pendingHints }))).toEqual({ 'no hints pending': '7 on host-2' });
  });

  test('a lone node has nobody to keep hints for', () => {
    expect(closed(openGates({ pendingHints: new Map([['host-1', undefined]]) }))).toEqual({});
  });

  test('a version that does not count its hints is believed only once the operator has looked', () => {
    const nodes = [aNode('host-1'), aNode('host-2')];
    const pendingHints = new Map<string, number | undefined>([
      ['host-1', undefined],
      ['host-2', undefined],
    ]);
    expect(closed(openGates({ nodes, pendingHints }))['no hints pending']).toContain('listpendinghints');
    expect(closed(openGates({ nodes, pendingHints, hintsChecked: true }))).toEqual({});
  });

  test('hints that a node counts are not talked away by --hints-checked', () => {
    const nodes = [aNode('host-1'), aNode('host-2')];
    const pendingHints = new Map<string, number | undefined>([
      ['host-1', undefined],
      ['host-2', 1],
    ]);
    expect(closed(openGates({ nodes, pendingHints, hintsChecked: true }))).toHaveProperty('no hints pending');
  });

  test('a batch left in a batchlog will still be written', () => {
    const facts = openGates({ pendingBatches: new Map([['host-1', 2]]) });
    expect(closed(facts)).toEqual({ 'no batches left in the batchlog': '2 on host-1' });
  });

  test('parked changes keep it closed, each table with its reason', () => {
    const parked = [
      { table: 'orders', waiting: 3, reason: 'column extra int was added' },
      { table: 'parts', waiting: 0, reason: 'replayed since' },
    ];
    expect(closed(openGates({ parked }))).toEqual({ 'no parked changes': '3 of orders: column extra int was added' });
  });

  test('a table that waits for a decision keeps it closed until one is taken', () => {
    const pause = {
      table: 'orders',
      differences: ['column extra int was added'],
      ddl: [],
      cannot: undefined,
      choices: [],
      decisionsKnown: 0,
    };
    const paused = [...readyLedger, [450n, { kind: 'table-paused', pause }] as const];
    expect(closed(openGates({ state: stateOf(paused) }))['no table waits for a schema decision']).toMatch(
      /^orders: column extra int was added/,
    );
    const decision = { action: 'stop', table: 'orders', reason: 'no need' } as const;
    const decided = [...paused, [460n, { kind: 'schema-decided', decision }] as const];
    expect(closed(openGates({ state: stateOf(decided) }))).toEqual({});
    const shown = gatesOfCutover(openGates({ state: stateOf(decided) })).map(({ reason }) => reason);
    expect(shown).toContainEqual(expect.stringContaining('orders left the migration'));
  });

  test('an unknown stream time is given with its reason', () => {
    expect(closed(openGates({ streamUnknownBecause: 'partition 3 has no worker' }))).toEqual({
      'sink follows': 'partition 3 has no worker',
    });
  });

  test('a dead letter is a row that the target does not have', () => {
    expect(closed(openGates({ deadLetters: 1 }))).toHaveProperty('no dead letters');
  });
});

describe('after the drain', () => {
  test('counters are copied after this drain, every table of them', () => {
    const schema = {
      tables: ['hits', 'likes'].map((table) => ({
        keyspace: 'shop',
        table,
        id: table,
        flags: ['counter'],
        cdc: false,
        defaultTtlSeconds: 0,
      })),
      columns: [],
      types: [],
      droppedColumns: [],
    };
    const tables = [
      { name: 'hits', id: 'hits' },
      { name: 'likes', id: 'likes' },
    ];
    const ready = readyLedger.map(([at, fact]) =>
      fact.kind === 'handed-over'
        ? ([at, { ...fact, record: { ...fact.record, schema, tables } }] as const)
        : ([at, fact] as const),
    );
    const counted = (table: string) => ({ table, rows: 3, equal: 1, changed: 2, removed: 0, lostAnswers: 0 });
    const copied = (drainNonce: string, ...names: readonly string[]) =>
      [320n, { kind: 'counters-copied', counters: { drainNonce, tables: names.map(counted) } }] as const;
    const gate = 'counters copied after the drain';
    const closedAt = (...more: Parameters<typeof stateOf>[0]) =>
      closed(openGates({ state: stateOf([...ready, ...more]) }))[gate];
    expect(closedAt()).toBe('not copied yet: hits, likes');
    expect(closed(openGates({ state: stateOf(ready), counterChangesSeen: 7 }))['writes stopped']).toMatch(/^7 changes/);
    expect(closedAt(copied('mark', 'hits'))).toBe('not copied yet: likes');
    expect(closedAt(copied('another mark', 'hits', 'likes'))).toBe('not copied yet: hits, likes');
    expect(closedAt(copied('mark', 'hits', 'likes'))).toBeUndefined();
    expect(closedAt(copied('mark', 'hits', 'likes'), [330n, { kind: 'counters-begun', drainNonce: 'mark' }])).toBe(
      'not copied yet: hits, likes',
    );
  });

  test('without a drain nothing that was compared counts', () => {
    const state = stateOf(readyLedger.filter(([, { kind }]) => kind !== 'drained'));
    expect(Object.keys(closed(openGates({ state })))).toEqual([
      'drain mark of every node on every partition applied',
      'validation after the drain',
    ]);
  });

  test('a newer drain that is asked for takes back the one before it', () => {
    const state = stateOf([...readyLedger, [500n, { kind: 'drain-asked', nonce: 'second' }]]);
    expect(closed(openGates({ state }))).toHaveProperty('drain mark of every node on every partition applied');
  });

  test('a validation that began before the drain was confirmed proves nothing', () => {
    const validation = aValidation({ startedAtMicros: 249n });
    const state = stateOf([...readyLedger.slice(0, 3), [400n, { kind: 'validated', validation }]]);
    expect(closed(openGates({ state }))['validation after the drain']).toContain('before the drain');
  });

  test('one that saw everything equal is no proof where another comparison has found rows since it began', () => {
    const clean = aValidation({ disproofKnownMicros: 0n });
    const part = aValidation({ isFull: false, tables: [aComparedTable({ missing: 3 })] });
    const gateAfter = (...booked: readonly ValidationRecord[]) => {
      const events = booked.map((validation, nth) => [350n + BigInt(nth), { kind: 'validated', validation }] as const);
      return closed(openGates({ state: stateOf([...readyLedger.slice(0, 3), ...events]) }));
    };
    const disproved = { 'validation after the drain': expect.stringContaining('another comparison has found rows') };
    expect(gateAfter(part, clean)).toEqual(disproved);
    expect(gateAfter(clean, part)).toEqual(disproved);
    expect(gateAfter(clean, { ...part, sinceMicros: 140n })).toEqual(disproved);
    expect(gateAfter(clean, part, { ...clean, disproofKnownMicros: 351n })).toEqual({});
  });

  test('a partial validation does not replace the full one', () => {
    const partial = aValidation({ isFull: false });
    const state = stateOf([...readyLedger.slice(0, 3), [400n, { kind: 'validated', validation: partial }]]);
    expect(closed(openGates({ state }))['validation after the drain']).toBe('never validated');
  });

  describe('with a clean validation of everything before it, when the stream was at 140', () => {
    const everything = aValidation({ startedAtMicros: 150n, streamTimeMicros: 140n, isAfterDrain: false });
    const changed = aValidation({ isFull: false, sinceMicros: 140n, startedAtMicros: 300n, streamTimeMicros: 290n });
    const ledger = (...after: ValidationRecord[]) =>
      stateOf([
        readyLedger[0]!,
        [150n, { kind: 'validated', validation: everything }],
        ...readyLedger.slice(1, 3),
        ...after.map((validation, nth) => [400n + BigInt(nth), { kind: 'validated', validation }] as const),
      ]);

    test('it is not enough while a node of the ring has no agent, that would name what changed there', () => {
      const nodes = [aNode('host-1'), aNode('host-2')];
      expect(closed(openGates({ state: ledger(changed), nodes }))).toEqual({
        'capture unbroken since the hand-over': expect.stringContaining('no agent on address of host-2'),
      });
      expect(closed(openGates({ nodes }))).toEqual({});
      const shown = gatesOfCutover(openGates({ nodes })).map(({ reason }) => reason);
      expect(shown).toContain('no agent on address of host-2, compared equal since');
    });

    test('it is not enough behind an undo of deploy-agent that was begun, though agents tell of changes still', () => {
      const undone = { ...ledger(changed), capture: { ...aCapture, isUndone: true as const } };
      expect(closed(openGates({ state: { ...undone, capture: aCapture } }))).toEqual({});
      expect(closed(openGates({ state: undone }))).toEqual({
        'capture unbroken since the hand-over': expect.stringContaining('deploy-agent is undone'),
      });
      expect(closed(openGates({ state: { ...stateOf(readyLedger), capture: undone.capture } }))).toEqual({});
    });

    test('what changed since then is enough, and both are named', () => {
      expect(closed(openGates({ state: ledger(changed) }))).toEqual({});
      const shown = gatesOfCutover(openGates({ state: ledger(changed) })).map(({ reason }) => reason);
      expect(shown).toContainEqual(expect.stringContaining('what changed since equal after the drain'));
    });

    test.each([
      ['begins too late', [{ ...changed, sinceMicros: 141n }]],
      ['is of before the drain', [{ ...changed, startedAtMicros: 240n }]],
      ['finds a row that differs', [{ ...changed, tables: [aComparedTable({ mismatched: 1 })] }]],
      ['finds a row that may differ', [{ ...changed, tables: [aComparedTable({ pending: 1 })] }]],
      ['is followed by one that finds a row', [changed, { ...changed, tables: [aComparedTable({ missing: 1 })] }]],
      ['looks at one table only', [{ ...changed, sinceMicros: undefined }]],
    ])('it is not enough when the look at what changed %s', (_, after) => {
      const state = ledger(
        ...after.map(({ sinceMicros, ...rest }) => ({ ...rest, ...(sinceMicros && { sinceMicros }) })),
      );
      expect(closed(openGates({ state }))).toHaveProperty('validation after the drain');
    });
  });

  test.each(['missing', 'extra', 'mismatched', 'pending'] as const)('one row %s keeps it closed', (kind) => {
    const validation = aValidation({ tables: [aComparedTable({ [kind]: 1 })] });
    const state = stateOf([...readyLedger, [500n, { kind: 'validated', validation }]]);
    expect(closed(openGates({ state }))['validation after the drain']).toBe('1 rows differ');
  });

  test('a slice in doubt keeps it closed until it is settled', () => {
    const slice = { id: 's', table: 'orders', reason: 'was truncated', openedAtMicros: 450n };
    const opened = [...readyLedger, [450n, { kind: 'slice-opened', slice }] as const];
    expect(closed(openGates({ state: stateOf(opened) }))['no open slices']).toBe('orders: was truncated');
    const settled = [...opened, [460n, { kind: 'slice-settled', id: 's', how: 'compared equal' }] as const];
    expect(closed(openGates({ state: stateOf(settled) }))).toEqual({});
  });
});

describe('a hole in the capture', () => {
  const gate = 'capture unbroken since the hand-over';

  test('of before the hand-over is none', () => {
    expect(closed(openGates({ unbrokenSince: new Map([['host-1', 100n]]) }))).toEqual({});
  });

  test('is closed by a clean full validation that began after it', () => {
    expect(closed(openGates({ unbrokenSince: new Map([['host-1', 300n]]) }))).toEqual({});
  });

  test('that opened after the validation began needs another one', () => {
    expect(closed(openGates({ unbrokenSince: new Map([['host-1', 301n]]) }))[gate]).toContain('a hole on host-1');
  });

  test('is not closed by a validation that found rows differing', () => {
    const validation = aValidation({ tables: [aComparedTable({ missing: 1 })] });
    const state = stateOf([...readyLedger, [500n, { kind: 'validated', validation }]]);
    expect(closed(openGates({ state, unbrokenSince: new Map([['host-1', 150n]]) }))).toHaveProperty([gate]);
  });
});
