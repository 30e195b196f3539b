import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import { decodeChangeEvent } from '../model/change-event.ts';
import { changesPartition } from '../model/topics.ts';
import type { MessageBus, TopicReader } from '../ports/message-bus.ts';
import type { SourceCluster, SourceNode } from '../ports/source-cluster.ts';

export interface CanaryWait {
  readonly bus: MessageBus;
  readonly source: Pick<SourceCluster, 'writeCanary'>;
  readonly nodes: readonly SourceNode[];
  /** Never used before: an old drain mark of it would answer for a silent agent. */
  readonly nonce: string;
  readonly timeoutMs: number;
  readonly report: Report;
  readonly signal?: AbortSignal;
}

/**
 * Writes a canary row on every node and waits until each node's agent has seen it in its log and said so on the changes
 * topic. Throws OperatorError that names the nodes that stay silent.
 */
export async function waitForCanary(wait: CanaryWait): Promise<void> {
  const begin = performance.now();
  // A little before now: the broker's clock need not be ours.
  const from = { kind: 'published-since', atMs: Date.now() - clockToleranceMs } as const;
  const reader = await wait.bus.reader(changesPartition(0), from, wait.signal);
  const timeout = AbortSignal.timeout(wait.timeoutMs);
  const silent = new Set(wait.nodes.map(({ hostId }) => hostId));
  try {
    await wait.source.writeCanary(wait.nonce, wait.signal);
    const signal = wait.signal ? AbortSignal.any([wait.signal, timeout]) : timeout;
    await collectMarks(reader, wait.nonce, silent, signal, (node) =>
      wait.report({ kind: 'canary-seen', node, afterMs: Math.round(performance.now() - begin) }),
    );
  } catch (error) {
    wait.signal?.throwIfAborted();
    throw timeout.aborted ? silentAgents(wait, silent) : error;
  } finally {
    await reader.close();
  }
}

const clockToleranceMs = 60_000;

async function collectMarks(
  reader: TopicReader,
  nonce: string,
  silent: Set<string>,
  signal: AbortSignal,
  onSeen: (node: string) => void,
): Promise<void> {
  while (silent.size > 0) {
    const event = decodeChangeEvent(await reader.next(signal));
    if (event?.kind === 'drain-mark' && event.nonce === nonce && silent.delete(event.node)) onSeen(event.node);
  }
}

function silentAgents({ nodes, timeoutMs }: CanaryWait, silent: ReadonlySet<string>): OperatorError {
  const names = nodes.filter(({ hostId }) => silent.has(hostId)).map(({ hostId, address }) => `${address} (${hostId})`);
  return new OperatorError({
    expected: 'every agent to see the canary row in its node’s log',
    found: `after ${Math.round(timeoutMs / 1000)} s nothing from ${names.join(', ')}`,
    next: 'read agent.log in the agent’s folder on that node; it says what the agent waits for',
  });
}
