import { expect, test } from 'vitest';
import { connectionsPerPeer } from '../../../src/adapters/keyspaces/connections-per-peer.ts';

test.each([
  [4_000, 9, 1],
  [4_001, 9, 2],
  [40_000, 9, 10],
  [40_000, 3, 40],
  [1_000, 1, 2],
  [1, 9, 1],
  [1, 0, 1],
])('%i queries a second over %i peers take %i connections each', (queriesPerSecond, peers, connections) => {
  expect(connectionsPerPeer(queriesPerSecond, peers)).toBe(connections);
  const spare = Math.max(1, peers - 1);
  expect(queriesPerSecond / spare / connections).toBeLessThanOrEqual(500);
});
