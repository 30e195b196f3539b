import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { shellQuote } from '../model/shell-quote.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { SourceCluster, SourceNode } from '../ports/source-cluster.ts';

/** A node as its administrator sees it. */
export interface NodeAdmin {
  readonly node: SourceNode;
  readonly admin: NodeShell;
  /** Command lines on it. */
  readonly nodetool: readonly string[];
  readonly restart: readonly string[];
}

export interface RestartWait {
  readonly source: Pick<SourceCluster, 'nodeSettings'>;
  readonly others: readonly NodeAdmin[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * What restart starts may keep its output open, so that goes into a file: a pipe would be waited for as long as the node lives.
 * In one command, which goes on by itself should the connection break: a drained node that nobody restarts takes no writes.
 * Throws where either fails; the node is only known to be back after waitForNode.
 */
export async function drainAndRestart({ admin, nodetool, restart }: NodeAdmin, signal?: AbortSignal): Promise<void> {
  const [drain, start] = [[...nodetool, 'drain'], restart].map((words) => words.map(shellQuote).join(' '));
  const script = `trap '' HUP PIPE
out=$(mktemp) || exit
trap 'rm -f "$out"' EXIT
run() { "$@" >"$out" 2>&1 </dev/null || { echo "$(tail -n 1 "$out")" >&2; exit 1; }; }
run ${drain}
run ${start}`;
  const { code, stderr } = await admin.run(['sh', '-c', script], { signal });
  if (code === 0) return;
  throw new OperatorError({
    expected: `${[...nodetool, 'drain'].join(' ')} and ${restart.join(' ')} on ${admin.name} to succeed`,
    found: stderr.trim().split('\n').at(-1) || `exit code ${code}`,
    next: 'see that node’s log; a node that is drained and was not restarted takes no writes',
  });
}

/** Returns once the node answers CQL and every other node sees it up and normal; OperatorError says who does not. */
export async function waitForNode(node: NodeAdmin, wait: RestartWait): Promise<void> {
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    const missing = await missingOf(node, wait);
    if (missing === undefined) return;
    if (performance.now() > deadline) throw notBack(node, missing, wait.timeoutMs);
    await sleep(pollMs, undefined, { signal: wait.signal });
  }
}

/** Every other node is up and normal for all of its ring: also after an interruption nobody is stopped while another is away. */
export async function waitForOthers(
  { node }: NodeAdmin,
  ring: readonly NodeAdmin[],
  wait: Omit<RestartWait, 'others'>,
): Promise<readonly NodeAdmin[]> {
  const others = ring.filter((other) => other.node.hostId !== node.hostId);
  for (const other of others) await waitForNode(other, { ...wait, others: ring.filter((each) => each !== other) });
  return others;
}

/** Drained and restarted while no other is away, and back. */
export async function restartAlone(
  node: NodeAdmin,
  ring: readonly NodeAdmin[],
  wait: Omit<RestartWait, 'others'>,
): Promise<void> {
  const others = await waitForOthers(node, ring, wait);
  await drainAndRestart(node, wait.signal);
  await waitForNode(node, { ...wait, others });
}

const pollMs = 1_000;

async function missingOf({ node }: NodeAdmin, { source, others, signal }: RestartWait): Promise<string | undefined> {
  try {
    await source.nodeSettings(node, signal);
  } catch (error) {
    signal?.throwIfAborted();
    return `it does not answer CQL: ${(error as Error).message}`;
  }
  const seen = await Promise.all(
    others.map(async (other) => ({ other, state: await stateSeenBy(other, node, signal) })),
  );
  const blind = seen.find(({ state }) => state !== 'UN');
  return blind && `${blind.other.node.address} sees it as ${blind.state ?? 'unknown'}`;
}

/** As nodetool marks it: U or D for up and down, then N, L, J or M. Undefined where that node does not list it. */
async function stateSeenBy(
  other: NodeAdmin,
  { hostId }: SourceNode,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const [program = '', ...words] = other.nodetool;
  const { stdout } = await other.admin.run([program, ...words, 'status'], { signal, reads: true });
  const line = stdout.split('\n').find((text) => text.includes(hostId));
  return line?.trim().split(/\s+/)[0];
}

function notBack({ node, admin }: NodeAdmin, missing: string, timeoutMs: number): OperatorError {
  return new OperatorError({
    expected: `node ${node.address} back in its ring within ${Math.round(timeoutMs / 1000)} s`,
    found: missing,
    next: `see the log of Cassandra on ${admin.name}; when the node is back, repeat the command`,
  });
}
