import { randomUUID } from 'node:crypto';
import { OperatorError } from '../errors.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import { readCanary } from '../stream/node-pulses.ts';
import type { PhaseContext } from './phase-context.ts';

/** The agent waits for the node's sync of its log, ten seconds by default, and for its first look at the folder. */
const timeoutMs = 120_000;
const writeEveryMicros = 5_000_000n;
const lookEveryMs = 300;

/** Writes a canary row on every node and waits until the DataStax agent of each, or of those that are named, has told of it. */
export async function waitForEventsCanary(
  context: PhaseContext,
  { canaryTopic }: DatastaxLanes,
  some?: readonly SourceNode[],
): Promise<void> {
  const { bus, source, clock, report, signal } = context;
  const nonce = randomUUID();
  const nodes = some ?? (await source.nodes(signal));
  const table = await source.ensureCanaryTable(signal);
  const silent = new Map(nodes.map((node) => [node.hostId, node]));
  const beganAt = clock.nowMicros();
  const from = { kind: 'published-since', atMs: Number(beganAt / 1000n) - 60_000 } as const;
  const reader = await bus.reader(canaryTopic, from, signal);
  try {
    for (let writeDue = 0n; silent.size > 0; ) {
      const now = clock.nowMicros();
      if (now > beganAt + BigInt(timeoutMs) * 1000n) throw silentAgents([...silent.values()]);
      if (now >= writeDue) {
        await source.writeCanary(nonce, signal);
        writeDue = now + writeEveryMicros;
      }
      for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
        const canary = readCanary(message, table);
        if (canary?.nonce !== nonce || !silent.delete(canary.node)) continue;
        report({ kind: 'canary-seen', node: canary.node, afterMs: Number((clock.nowMicros() - beganAt) / 1000n) });
      }
      if (silent.size > 0) await clock.sleep(lookEveryMs, signal);
    }
  } finally {
    await reader.close();
  }
}

function silentAgents(nodes: readonly SourceNode[]): OperatorError {
  const names = nodes.map(({ hostId, address }) => `${address} (${hostId})`);
  return new OperatorError({
    expected: 'the DataStax agent of every node to publish the canary row',
    found: `after ${timeoutMs / 1000} s nothing from ${names.join(', ')}`,
    next: 'look in that node’s system.log for "CDC agent started", "CDC agent not started" and "Task failed"; see docs/datastax-feed.md',
  });
}
