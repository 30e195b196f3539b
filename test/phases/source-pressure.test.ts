import { expect, test } from 'vitest';
import { pressureOf } from '../../src/phases/source-pressure.ts';
import { anAgentState } from '../support/an-agent-state.ts';

const bounds = { mostPendingCompactions: 100 };

function pressed(pending: readonly (number | undefined)[], isHeld = false, most = bounds) {
  const compactions = pending.map((each, node) => ({ address: `10.0.0.${node + 1}`, pending: each }));
  return pressureOf({ agents: [], compactions }, most, isHeld);
}

test('a node on which many compactions wait is named', () => {
  expect(pressed([100, 0])).toBeUndefined();
  expect(pressed([0, 101])).toBe('held by: the source, more than 100 compactions wait on node 10.0.0.2');
});

test('who is held reads again once half of that is worked off', () => {
  expect(pressed([51], true)).toContain('10.0.0.1');
  expect(pressed([50], true)).toBeUndefined();
});

test('nodes that do not tell hold nothing, and without a bound none does', () => {
  expect(pressed([undefined, undefined])).toBeUndefined();
  expect(pressed([5_000], false, { mostPendingCompactions: 0 })).toBeUndefined();
});

test('an agent that is at critical comes first', () => {
  const agents = [anAgentState({ level: 'critical' })];
  expect(pressureOf({ agents, compactions: [{ address: 'a', pending: 999 }] }, bounds, false)).toContain(
    'full of unpublished changes',
  );
});
