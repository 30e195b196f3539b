import { expect, test } from 'vitest';
import { waitForCanary } from '../../src/deploy/wait-for-canary.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { type MemoryBus, memoryBus } from '../capture/memory-bus.ts';
import { aNode } from './a-node.ts';

/** Agents of these nodes, which answer each canary with a drain mark. */
function agentsOf(memory: MemoryBus, nodes: readonly string[]) {
  return {
    writeCanary: async (nonce: string) => {
      const publisher = await memory.bus.publisher('changes-partition-0');
      for (const node of nodes) await publisher.publish(encodeChangeEvent({ kind: 'drain-mark', node, nonce }));
    },
  };
}

const nodes = [aNode('host-1', '10.0.0.1'), aNode('host-2', '10.0.0.2')];

test('it ends when every node has answered this canary', async () => {
  const memory = memoryBus();
  const events: ProgressEvent[] = [];
  const source = agentsOf(memory, ['host-2', 'host-1']);
  await waitForCanary({
    bus: memory.bus,
    source,
    nodes,
    nonce: 'n1',
    partitions: 1,
    timeoutMs: 5_000,
    report: (e) => events.push(e),
  });
  expect(events.map((event) => event.kind === 'canary-seen' && event.node)).toEqual(['host-2', 'host-1']);
});

test('answers to an earlier canary count for nothing, and the error names who is silent', async () => {
  const memory = memoryBus();
  await agentsOf(memory, ['host-1', 'host-2']).writeCanary('earlier');
  const source = agentsOf(memory, ['host-1']);
  await expect(
    waitForCanary({ bus: memory.bus, source, nodes, nonce: 'n2', partitions: 1, timeoutMs: 200, report: () => {} }),
  ).rejects.toThrow(/nothing from 10\.0\.0\.2 \(host-2\)/);
});

test('the caller’s signal ends the wait with its own reason', async () => {
  const memory = memoryBus();
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 50);
  const { signal } = stop;
  const source = agentsOf(memory, []);
  await expect(
    waitForCanary({
      bus: memory.bus,
      source,
      nodes,
      nonce: 'n3',
      partitions: 1,
      timeoutMs: 60_000,
      report: () => {},
      signal,
    }),
  ).rejects.toThrow('enough');
});
