import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Changes partitions, from 0, on which every node's mark must be seen. */
  readonly partitions: number;
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
  const partitions = Array.from({ length: wait.partitions }, (_, partition) => changesPartition(partition));
  const readers = await Promise.all(partitions.map((topic) => wait.bus.reader(topic, from, wait.signal)));
  const timeout = AbortSignal.timeout(wait.timeoutMs);
  const silent = new Set(wait.nodes.map(({ hostId }) => hostId));
  const seen = marksSeen(wait.partitions, silent, (node) =>
    wait.report({ kind: 'canary-seen', node, afterMs: Math.round(performance.now() - begin) }),
  );
  const done = new AbortController();
  const signal = AbortSignal.any([timeout, done.signal, ...(wait.signal ? [wait.signal] : [])]);
  const writing = keepWriting(wait, signal);
  try {
    const hosts = [...silent];
    await Promise.race([
      writing,
      Promise.all(readers.map((reader) => collectMarks(reader, wait.nonce, hosts, signal, seen))),
    ]);
  } catch (error) {
    wait.signal?.throwIfAborted();
    throw timeout.aborted ? silentAgents(wait, silent) : error;
  } finally {
    done.abort();
    await writing.catch(() => {});
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

const clockToleranceMs = 60_000;

/**
 * Again and again: an agent that was started a moment ago begins at the end of its log, which may already be behind the
 * first canary. Ends with the signal or by what writeCanary throws.
 */
async function keepWriting({ source, nonce }: CanaryWait, signal: AbortSignal): Promise<never> {
  for (;;) {
    await source.writeCanary(nonce, signal);
    await sleep(writeEveryMs, undefined, { signal });
  }
}

const writeEveryMs = 2_000;

/** A node is silent until its mark has been seen on every partition. */
function marksSeen(partitions: number, silent: Set<string>, onSeen: (node: string) => void): (node: string) => void {
  const missing = new Map([...silent].map((node) => [node, partitions]));
  return (node) => {
    const left = (missing.get(node) ?? 0) - 1;
    missing.set(node, left);
    if (left === 0 && silent.delete(node)) onSeen(node);
  };
}

async function collectMarks(
  reader: TopicReader,
  nonce: string,
  nodes: readonly string[],
  signal: AbortSignal,
  seen: (node: string) => void,
): Promise<void> {
  const silent = new Set(nodes);
  while (silent.size > 0) {
    const event = decodeChangeEvent(await reader.next(signal));
    if (event?.kind === 'drain-mark' && event.nonce === nonce && silent.delete(event.node)) seen(event.node);
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
