import { beforeEach, describe, expect, test } from 'vitest';
import { eventsOfUpdate } from '../../src/sandbox/datastax/events-of-update.ts';
import { NodePulses, pulseNonce } from '../../src/stream/node-pulses.ts';
import { aTable, text } from '../support/a-table.ts';
import { anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const table = aTable({ keyspace: 'cdcmig_canary', name: 'canary', partitionKey: { nonce: 'text' } });
const topic = 'events-cdcmig_canary.canary';
const [a, b] = ['1905238a-62b6-4d86-822c-61d732de9d5f', '2905238a-62b6-4d86-822c-61d732de9d5f'];

describe('the pulses of nodes', () => {
  let nowMicros: bigint;
  let memory: ReturnType<typeof inMemoryBus>;
  let pulses: NodePulses;

  beforeEach(async () => {
    nowMicros = 1_000_000_000_000n;
    memory = inMemoryBus(() => Number(nowMicros / 1000n));
    const clock = { nowMicros: () => nowMicros, sleep: async () => {} };
    pulses = await NodePulses.open({ bus: memory.bus, clock, topic, table, settleMicros: 10n });
  });

  async function tell(node: string | undefined, nonce: string, writtenAtMicros: bigint): Promise<void> {
    const rows = [aRow({ marker: { timestampMicros: writtenAtMicros } })];
    const origin = { node: node ?? '', segpos: '1:1', digest: 'd' };
    const [event] = eventsOfUpdate(anUpdate(table, { partitionKey: text(nonce), rows }), origin);
    const payload = node === undefined ? Buffer.from('000000', 'hex') : event!.payload;
    await (await memory.bus.publisher(topic)).publish({ ...event!, payload });
    await pulses.look();
  }

  test('count once what was sent before them has had time to arrive', async () => {
    await tell(a, pulseNonce, 5n);
    expect(pulses.settled().instants).toEqual(new Map());
    nowMicros += 10n;
    expect(pulses.settled().instants).toEqual(new Map([[a, 5n]]));
  });

  test('are of each node the newest, in whatever order they come', async () => {
    await tell(a, pulseNonce, 7n);
    await tell(b, pulseNonce, 6n);
    await tell(a, pulseNonce, 5n);
    nowMicros += 10n;
    expect(pulses.settled().instants).toEqual(
      new Map([
        [a, 7n],
        [b, 6n],
      ]),
    );
  });

  test('have a version that rises with what is told, and only then', async () => {
    await tell(a, pulseNonce, 5n);
    nowMicros += 10n;
    const { version } = pulses.settled();
    expect(pulses.settled().version).toBe(version);
    await tell(a, 'nonce', 6n);
    nowMicros += 10n;
    expect(pulses.settled().version).toBeGreaterThan(version);
  });

  test('say which nodes have told of a nonce; a sign of life is none', async () => {
    await tell(a, 'nonce', 5n);
    await tell(a, pulseNonce, 6n);
    await tell(b, 'nonce', 5n);
    nowMicros += 10n;
    expect(pulses.settled().nonces).toEqual(new Map([['nonce', new Set([a, b])]]));
  });

  test('are not those of a backfill, which has no node, nor of anything else on the topic', async () => {
    await tell(undefined, pulseNonce, 5n);
    await (await memory.bus.publisher(topic)).publish({ payload: Buffer.from('something else') });
    await pulses.look();
    nowMicros += 10n;
    expect(pulses.settled()).toMatchObject({ version: 0, instants: new Map() });
  });

  test('do not change under whoever holds an earlier answer', async () => {
    await tell(a, 'nonce', 5n);
    nowMicros += 10n;
    const before = pulses.settled();
    await tell(b, 'nonce', 9n);
    nowMicros += 10n;
    pulses.settled();
    expect(before.instants).toEqual(new Map([[a, 5n]]));
    expect(before.nonces.get('nonce')).toEqual(new Set([a]));
  });
});
