import { beforeEach, describe, expect, test } from 'vitest';
import { ConnectorPulses } from '../../src/stream/connector-pulses.ts';
import type { Pulses } from '../../src/stream/node-pulses.ts';

describe('behind a connector', () => {
  let nowMicros: bigint;
  /** When the oldest event that it has not acknowledged was published. */
  let oldestMs: number | undefined;
  let told: Pulses;
  let pulses: ConnectorPulses;

  const pulse = (version: number): Pulses => ({
    version,
    instants: new Map([['a', BigInt(version)]]),
    nonces: new Map(),
  });
  const version = async () => (await pulses.settled()).version;

  beforeEach(() => {
    nowMicros = 1_000_000n;
    oldestMs = undefined;
    told = pulse(1);
    pulses = new ConnectorPulses({
      bus: {
        backlog: async () => ({
          entries: 0,
          bytes: 0,
          oldestPublishedAtMs: oldestMs,
          hasConsumer: true,
          mostConsumers: 1,
        }),
      },
      clock: { nowMicros: () => nowMicros, sleep: async () => {} },
      pulses: { settled: () => told, settleMicros: 10_000n },
      connector: { eventsTopics: ['one', 'two'], subscription: 'connector' },
      signal: new AbortController().signal,
    });
  });

  test('nothing is told before the connector has had time to publish', async () => {
    expect(await version()).toBe(-1);
    nowMicros += 9_999n;
    expect(await version()).toBe(-1);
    nowMicros += 1n;
    expect(await version()).toBe(1);
  });

  test('an event that was published before the nodes had settled holds them up', async () => {
    oldestMs = 999;
    expect(await version()).toBe(-1);
    nowMicros += 50_000n;
    expect(await version()).toBe(-1);
    oldestMs = 1_001;
    await version();
    nowMicros += 10_000n;
    expect(await version()).toBe(1);
  });

  test('what is told since is another matter: its own events are waited for', async () => {
    await version();
    told = pulse(2);
    nowMicros += 10_000n;
    expect(await version()).toBe(1);
    oldestMs = 1;
    nowMicros += 20_000n;
    expect(await version()).toBe(1);
    oldestMs = undefined;
    await version();
    nowMicros += 10_000n;
    expect(await version()).toBe(2);
  });
});
