import { expect, test } from 'vitest';
import { openInFlight } from '../../src/capture/in-flight.ts';
import { openProgress } from '../../src/capture/progress.ts';
import { openClaims } from '../../src/capture/send-claims.ts';
import type { ChangeEvent } from '../../src/model/change-event.ts';
import { aClock } from '../support/a-clock.ts';

const secondMicros = 1_000_000n;

/** The claims of an agent on a node that shows its writes after twelve seconds at most, as one with a compressed log. */
function claimsAfterTwelveSeconds() {
  const sent: ChangeEvent[] = [];
  const progress = openProgress({
    ...{ node: 'node-1', beganAt: 0n, finishedUpTo: -1n, newest: undefined, places: new Map() },
    ...{ expected: [], owedHoles: [], owedMarks: [], unbrokenSinceMicros: 0n, claimedMicros: 0n },
  });
  const claims = openClaims({
    settings: { node: 'node-1', visibilityDelayMs: 12_000 },
    progress,
    publisher: { toAll: async (event: ChangeEvent) => void sent.push(event) } as never,
    clock: aClock(),
    pulse: { confirmed: () => {} },
    inFlight: openInFlight(1, () => {}),
    saver: { saveNow: async () => {}, saveSometimes: () => {} },
    signal: new AbortController().signal,
    onFault: (error) => expect.unreachable(String(error)),
  });
  const pass = async (second: number) => {
    claims.offer(BigInt(second) * secondMicros);
    await new Promise(setImmediate);
    return sent.filter(({ kind }) => kind === 'drain-mark').length;
  };
  return { sawCanary: (second: number) => claims.sawCanary('nonce', BigInt(second) * secondMicros), pass };
}

test('a drain mark waits for a pass that began when all that was written before its canary shows', async () => {
  const { sawCanary, pass } = claimsAfterTwelveSeconds();
  sawCanary(100);
  expect(await pass(111)).toBe(0);
  expect(await pass(112)).toBe(1);
});

test('a canary that is written every two seconds until it is answered is answered as soon as the first of them can be', async () => {
  const { sawCanary, pass } = claimsAfterTwelveSeconds();
  for (let second = 100; second < 112; second += 2) {
    sawCanary(second);
    expect(await pass(second)).toBe(0);
  }
  sawCanary(112);
  expect(await pass(112)).toBe(1);
});
