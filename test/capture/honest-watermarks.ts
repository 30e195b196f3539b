import { expect } from 'vitest';
import type { PublishedEvent } from './capture-world.ts';
import type { First } from './published-changes.ts';
import type { Written } from './write-load.ts';

/** On each topic: instants rise, and no write that was acknowledged before a watermark's instant comes only after it. */
export function expectHonestWatermarks(
  events: readonly PublishedEvent[],
  written: readonly Written[],
  firsts: ReadonlyMap<bigint, First>,
): void {
  const claimed = new Map<string, bigint>();
  const claimedBefore = events.map(({ topic, event }) => {
    const before = claimed.get(topic) ?? 0n;
    if (event.kind === 'watermark') {
      expect(event.instantMicros).toBeGreaterThan(before);
      claimed.set(topic, event.instantMicros);
    }
    return before;
  });
  const broken = written.filter(
    ({ timestampMicros, acknowledgedMs }) =>
      claimedBefore[firsts.get(timestampMicros)!.index]! > BigInt(acknowledgedMs) * 1000n,
  );
  expect(broken).toEqual([]);
}
