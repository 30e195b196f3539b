import { expect, test } from 'vitest';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { startSink } from '../../src/phases/start-sink.ts';
import { emptyState } from '../../src/state/migration-state.ts';

test('start-sink after the cutover starts no worker and waits for none: they have ended with it', async () => {
  const record = { keyspace: 'shop', drainNonce: 'n', gates: [], validatedAtMicros: 1n, rows: 2n };
  const state = { ...emptyState, sinkAllowed: true, cutover: record };
  // Whatever else is asked for throws.
  const context = { ledger: { state, refresh: async () => state } } as unknown as PhaseContext;
  const notes = await Promise.all(startSink.steps.map(({ run }) => run(context)));
  expect(notes).toEqual(startSink.steps.map(() => 'was cut over before'));
  expect(await startSink.confirm(context)).toBe('was cut over before: nothing is left to apply');
});
