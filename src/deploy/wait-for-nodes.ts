import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import type { SourceCluster } from '../ports/source-cluster.ts';
import type { NodeAdmin } from './restart-node.ts';

export interface RestartWait {
  readonly source: Pick<SourceCluster, 'nodeSettings'>;
  /** For a node to be back in its ring. */
  readonly timeoutMs: number;
  /** For a command on a node to end. */
  readonly commandTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Returns once all of these answer CQL and every watcher sees them up and normal; OperatorError says who does not. */
export async function waitForNodes(
  nodes: readonly NodeAdmin[],
  watchers: readonly NodeAdmin[],
  wait: RestartWait,
): Promise<void> {
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    const missing = await missingOf(nodes, watchers, wait);
    if (missing === undefined) return;
    if (performance.now() > deadline) throw notBack(missing, wait.timeoutMs);
    await sleep(pollMs, undefined, { signal: wait.signal });
  }
}

/**
 * Every node but those that are to be away is up and normal for all others: also after an interruption nobody is stopped while another
 * is away. Those to be away are asked too, unless they are away already, as one is that was drained and not restarted.
 */
export async function waitForOthers(
  away: readonly NodeAdmin[],
  ring: readonly NodeAdmin[],
  wait: RestartWait,
): Promise<{ readonly others: readonly NodeAdmin[]; readonly silent: ReadonlySet<string> }> {
  const ids = new Set(away.map(({ node }) => node.hostId));
  const others = ring.filter(({ node }) => !ids.has(node.hostId));
  const answers = await Promise.all(away.map(async (each) => [each, await answerOf(each, wait)] as const));
  const speaking = answers.flatMap(([each, silence]) => (silence === undefined ? [each] : []));
  await waitForNodes(others, [...others, ...speaking], wait);
  const silent = away.filter((each) => !speaking.includes(each));
  return { others, silent: new Set(silent.map(({ node }) => node.hostId)) };
}

/** At this moment, and as itself. */
export async function isAnswering(node: NodeAdmin, wait: RestartWait): Promise<boolean> {
  return (await answerOf(node, wait)) === undefined;
}

const pollMs = 1_000;

interface Missing extends Pick<NodeAdmin, 'node' | 'admin'> {
  readonly found: string;
}

async function missingOf(
  nodes: readonly NodeAdmin[],
  watchers: readonly NodeAdmin[],
  wait: RestartWait,
): Promise<Missing | undefined> {
  const answers = nodes.map(async (each) => ({ each, found: await answerOf(each, wait) }));
  const silent = (await Promise.all(answers)).find(({ found }) => found !== undefined);
  if (silent) return { ...silent.each, found: silent.found! };
  const seen = await Promise.all(
    watchers.map(async (watcher) => ({ watcher, states: await statesSeenBy(watcher, wait) })),
  );
  for (const { watcher, states } of seen)
    for (const each of nodes) {
      const state = states.get(each.node.hostId);
      if (each.node.hostId === watcher.node.hostId || state === 'UN') continue;
      return { ...each, found: `${watcher.node.address} sees it as ${state ?? 'unknown'}` };
    }
  return undefined;
}

/** Undefined where it answers as itself. */
async function answerOf({ node }: NodeAdmin, { source, signal }: RestartWait): Promise<string | undefined> {
  try {
    const { hostId } = await source.nodeSettings(node, signal);
    return hostId === node.hostId ? undefined : `at its address answers another node, ${hostId}`;
  } catch (error) {
    signal?.throwIfAborted();
    return `it does not answer CQL: ${(error as Error).message}`;
  }
}

/**
 * By host id, as nodetool marks each: U or D for up and down, then N, L, J or M. Empty where that node does not tell, or takes longer
 * than it may: a node in trouble accepts the question and never answers.
 */
async function statesSeenBy(
  { admin, nodetool: [program = '', ...words] }: NodeAdmin,
  { commandTimeoutMs, signal }: RestartWait,
): Promise<ReadonlyMap<string, string>> {
  const limit = AbortSignal.any([AbortSignal.timeout(commandTimeoutMs), ...(signal ? [signal] : [])]);
  try {
    const { stdout } = await admin.run([program, ...words, 'status'], { signal: limit, reads: true });
    return new Map(stdout.split('\n').flatMap(stateIn));
  } catch (error) {
    signal?.throwIfAborted();
    if (!limit.aborted) throw error;
    return new Map();
  }
}

/** `UN  127.0.0.1  75 KiB  16  100.0%  <host id>  rack1`. */
function stateIn(line: string): readonly (readonly [string, string])[] {
  const words = line.trim().split(/\s+/);
  return /^[UD?][NLJM]$/.test(words[0]!) ? words.slice(2).map((word) => [word, words[0]!] as const) : [];
}

function notBack({ node, admin, found }: Missing, timeoutMs: number): OperatorError {
  return new OperatorError({
    expected: `node ${node.address} back in its ring within ${Math.round(timeoutMs / 1000)} s`,
    found,
    next: `see the log of Cassandra on ${admin.name}; when the node is back, repeat the command. If it came back with another address, mend capture.agents first`,
  });
}
