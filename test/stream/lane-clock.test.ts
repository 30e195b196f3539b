import { beforeEach, describe, expect, test } from 'vitest';
import { LaneClock } from '../../src/stream/lane-clock.ts';
import type { Pulses } from '../../src/stream/node-pulses.ts';

const at = (text: string) => ({ text });

describe('a lane', () => {
  let end: string | undefined;
  let backlog: number;
  let pulses: Pulses;
  let asked: number;
  let lane: LaneClock;

  beforeEach(() => {
    end = undefined;
    backlog = 0;
    asked = 0;
    pulses = { version: 1, instants: new Map([['a', 10n]]), nonces: new Map() };
    lane = new LaneClock({
      bus: {
        comparePositions: (a, b) => Number(a.text) - Number(b.text),
        lastPosition: async () => (end === undefined ? undefined : { text: end }),
        backlog: async () => {
          asked++;
          return { entries: backlog, bytes: 0, oldestPublishedAtMs: undefined, hasConsumer: true, mostConsumers: 1 };
        },
      },
      pulses: { settled: () => pulses },
      topic: 'lane',
      signal: new AbortController().signal,
    });
  });

  test('without any message is as far as the nodes are', async () => {
    expect(await lane.pass()).toBe(pulses);
  });

  test('tells the same only once', async () => {
    await lane.pass();
    expect(await lane.pass()).toBeUndefined();
    pulses = { ...pulses, version: 2 };
    expect(await lane.pass()).toBe(pulses);
  });

  test('that goes on has passed once its end of then is acknowledged', async () => {
    end = '5';
    backlog = 1;
    expect(await lane.pass(at('3'))).toBeUndefined();
    expect(await lane.pass(at('4'))).toBeUndefined();
    expect(await lane.pass(at('6'))).toBe(pulses);
    expect(asked).toBe(0);
  });

  test('tells what the nodes had told when its end was taken, not what they tell since', async () => {
    const before = pulses;
    end = '5';
    await lane.pass(at('4'));
    pulses = { ...pulses, version: 2, instants: new Map([['a', 99n]]) };
    expect(await lane.pass(at('5'))).toBe(before);
  });

  test('whose end has just been acknowledged has passed at once', async () => {
    end = '5';
    expect(await lane.pass(at('5'))).toBe(pulses);
  });

  test('whose end another worker had acknowledged has passed when nothing is left of it', async () => {
    end = '5';
    backlog = 2;
    expect(await lane.pass()).toBeUndefined();
    expect(await lane.pass()).toBeUndefined();
    backlog = 0;
    expect(await lane.pass()).toBe(pulses);
  });
});
