import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { shellQuote } from '../model/shell-quote.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { RestartWait } from './wait-for-nodes.ts';

/** A node as its administrator sees it. */
export interface NodeAdmin {
  readonly node: SourceNode;
  readonly admin: NodeShell;
  /** Command lines on it. */
  readonly nodetool: readonly string[];
  readonly restart: readonly string[];
}

export interface Restart extends Pick<RestartWait, 'commandTimeoutMs' | 'signal'> {
  /** It does not answer, so it is not drained: it was, or it does not run. */
  readonly isSilent: boolean;
  /** Written over that file on the node by the same command, once it was restarted: so it is noted also if we hear of it no more. */
  readonly note?: { readonly path: string; readonly text: string };
}

/**
 * Drains and restarts a node, in one command that goes on by itself whatever becomes of us or of the connection: a drained node that
 * nobody restarts takes no writes. Throws where either fails or does not end; the node is only known to be back after waitForNodes.
 */
export async function drainAndRestart(admin: NodeAdmin, restart: Restart): Promise<void> {
  const { commandTimeoutMs } = restart;
  const ended = await endOrLeave(admin.admin.run(['sh', '-c', scriptOf(admin, restart)]), restart);
  if (ended?.code === 0) return;
  const words = [...(restart.isSilent ? [] : [[...admin.nodetool, 'drain']]), admin.restart].map((each) =>
    each.join(' '),
  );
  const inTime = Math.round(commandTimeoutMs / 1000);
  throw new OperatorError({
    expected: `${words.join(' and ')} on ${admin.admin.name} to succeed`,
    found: ended ? ended.stderr.trim().split('\n').at(-1) || `exit code ${ended.code}` : `no end after ${inTime} s`,
    next: 'see that node’s log; a node that is drained and was not restarted takes no writes',
  });
}

/**
 * What restart starts may keep its output open, so that goes into a file: a pipe would be waited for as long as the node lives. Only the
 * drain ignores being told to end: what ignores that hands it on, and a Cassandra must end when it is told to. So restart gets a session of
 * its own, where what is told to our group does not reach it.
 */
function scriptOf({ nodetool, restart }: NodeAdmin, { isSilent, note }: Restart): string {
  const [drain, start] = [
    [...nodetool, 'drain'],
    ['setsid', ...restart],
  ].map((words) => words.map(shellQuote).join(' '));
  return [
    "trap '' HUP PIPE",
    'trap : INT TERM',
    'out=$(mktemp) || exit',
    `trap 'rm -f "$out"' EXIT`,
    'run() { "$@" >"$out" 2>&1 </dev/null || { echo "$(tail -n 1 "$out")" >&2; exit 1; }; }',
    ...(isSilent ? [] : [`(trap '' INT TERM; run ${drain}) || exit`]),
    `run ${start}`,
    ...(note ? [`echo ${shellQuote(note.text)} >${shellQuote(note.path)}`] : []),
  ].join('\n');
}

/** Undefined where it takes longer. It is left to itself then, and when we are to end: told to end it could leave a drained node behind. */
async function endOrLeave<T>(
  work: Promise<T>,
  { commandTimeoutMs, signal }: Pick<Restart, 'commandTimeoutMs' | 'signal'>,
): Promise<T | undefined> {
  const over = new AbortController();
  work.catch(() => {});
  const limit = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const timeout = sleep(commandTimeoutMs, undefined, { signal: limit });
  timeout.catch(() => {});
  try {
    return await Promise.race([work, timeout]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
}
