import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { heardSince, hearVoices, wakeAgents } from '../../src/phases/datastax-voices.ts';
import type { SourceCluster } from '../../src/ports/source-cluster.ts';
import { eventsOfUpdate } from '../../src/sandbox/datastax/events-of-update.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, text } from '../support/a-table.ts';
import { anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const [a, b] = ['1905238a-62b6-4d86-822c-61d732de9d5f', '2905238a-62b6-4d86-822c-61d732de9d5f'];
const canary = aTable({ keyspace: 'cdcmig_canary', name: 'canary', partitionKey: { nonce: 'text' } });
const state = {
  capture: {
    mode: 'cdc' as const,
    datastax: { read: 'events' as const, lanes: [], canaryTopic: 'events-cdcmig_canary.canary', settleMs: 0 },
    nodes: [a, b].map((hostId) => ({ hostId, address: hostId })),
    changesPartitions: 0,
    tables: [],
    keyspaceTableIds: [],
    canaryTableId: canary.id,
    cdcTurnedOn: [],
  },
};
const schema = {
  tables: [{ keyspace: 'cdcmig_canary', table: 'canary', id: canary.id, flags: [], cdc: true, defaultTtlSeconds: 0 }],
  columns: [
    {
      ...{ keyspace: 'cdcmig_canary', table: 'canary', column: 'nonce', kind: 'partition_key' as const },
      ...{ position: 0, clusteringOrder: 'none', type: 'text' },
    },
  ],
  types: [],
  droppedColumns: [],
};

async function heard(rows = schema) {
  const clock = aClock();
  const { bus } = inMemoryBus(() => Number(clock.nowMicros() / 1000n));
  const origin = { node: a, segpos: '1:1', digest: 'd' };
  const change = anUpdate(canary, { partitionKey: text('pulse'), rows: [aRow({ marker: { timestampMicros: 5n } })] });
  await (await bus.publisher(state.capture.datastax.canaryTopic)).publish(eventsOfUpdate(change, origin)[0]!);
  // Whoever only looks must write nothing: there is no way to.
  const source = { schema: async () => rows } as unknown as SourceCluster;
  return hearVoices({ source, bus, clock, signal: new AbortController().signal }, state);
}

describe('the agents of DataStax', () => {
  test('are heard by their canaries, and tell of no unbroken capture', async () => {
    const voices = await heard();
    expect([...voices.keys()]).toEqual([a]);
    expect(voices.get(a)!.unbrokenSinceMicros).toBe(0n);
  });

  test('are not heard where there is no canary table', async () => {
    expect(await heard({ ...schema, tables: [] })).toEqual(new Map());
  });

  test('are silent from when somebody began to wake them, not before', async () => {
    const voices = await heard();
    const at = voices.get(a)!.heardAtMs;
    expect(heardSince(voices, state, at - 100)).toEqual(
      new Map([
        [a, at],
        [b, at - 100],
      ]),
    );
  });

  test('cannot be woken while a node is down, which is told by their silence', async () => {
    const fault = (error: Error) => ({ writeCanary: () => Promise.reject(error) }) as unknown as SourceCluster;
    const signal = new AbortController().signal;
    const down = new OperatorError({ expected: 'all nodes', found: 'one down', next: 'start it' });
    await wakeAgents({ source: fault(down), signal });
    await expect(wakeAgents({ source: fault(new TypeError('a bug')), signal })).rejects.toThrow('a bug');
  });
});

test('our own agents are heard when they spoke, and otherwise not', () => {
  const voices = new Map([[a, { heardAtMs: 7, unbrokenSinceMicros: 1n }]]);
  expect(heardSince(voices, { capture: undefined }, 100)).toEqual(new Map([[a, 7]]));
});
