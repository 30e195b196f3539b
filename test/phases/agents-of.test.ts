import { expect, test } from 'vitest';
import { agentsOf } from '../../src/phases/agents-of.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import type { CaptureRecord } from '../../src/state/ledger-event.ts';
import { aNode } from '../deploy/a-node.ts';

test('nobody makes agents of ours for nodes that have those of DataStax, also where it is said how they are reached', async () => {
  const capture = { datastax: { lanes: [] } } as unknown as CaptureRecord;
  const context = { config: { capture: { agents: [{ node: '10.0.0.1' }] } } } as unknown as PhaseContext;
  await expect(agentsOf([aNode('h1', '10.0.0.1')], capture, context)).rejects.toThrow(
    /agents of cdcmig; found feed: datastax/,
  );
});
