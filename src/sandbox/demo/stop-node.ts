import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { startServer, stopServer } from '../control-server.ts';
import type { Sandbox, SandboxNode } from '../sandbox-state.ts';
import { waitForPeers } from '../wait-for-ready.ts';
import type { DemoFolder } from './demo-folder.ts';
import { killByFile } from './kill-by-file.ts';
import type { Operator } from './operator.ts';

export interface NodeToStop {
  readonly sandbox: Sandbox;
  readonly operator: Operator;
  readonly folder: DemoFolder;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The agent of a node that is away is missed after half a minute; were it not, this would show it. */
const awayAtMostMs = 75_000;
const lookEveryMs = 2_000;
/** Hints are written out each ten seconds and sent each ten: none in sight for longer than that are none. */
const noHintsForMs = 12_000;
const hintsTakeAtMostMs = 120_000;

/** A node is stopped while writes go on, as if its machine went away with the agent on it, until status misses it; then both come back. */
export async function stopNode(parts: NodeToStop): Promise<string> {
  const { sandbox, operator, folder, onProgress, signal } = parts;
  const node = sandbox.source.at(-1)!;
  onProgress(`stopping ${node.name}, and kill -9 of its agent`);
  const begin = performance.now();
  await killByFile(join(folder.agents[sandbox.source.length - 1]!, 'agent.pid'));
  await stopServer(sandbox, node.name, signal);
  const missed = await untilMissed(node, parts);
  const started = await startServer(sandbox, node.name, signal);
  await waitForPeers(started.source, signal);
  const away = seconds(begin);
  await operator.runPhase('deploy-agent');
  await untilHintsAreSent(parts);
  return `${node.name} and its agent, for ${away} s under writes; ${missed}; deploy-agent brought the agent back, and hints what the node had missed`;
}

async function untilMissed({ address }: SandboxNode, { operator, onProgress, signal }: NodeToStop): Promise<string> {
  for (const begin = performance.now(); performance.now() - begin < awayAtMostMs; ) {
    const { alarms } = await operator.status();
    const alarm = alarms.find((one) => one.address === address);
    if (alarm) {
      onProgress(`  status: ${alarm.reason}`);
      return `status missed it after ${seconds(begin)} s`;
    }
    await sleep(lookEveryMs, undefined, { signal });
  }
  throw new OperatorError({
    expected: `status to miss the agent of ${address} within a minute`,
    found: `no alarm for ${awayAtMostMs / 1000} s`,
    next: 'read the logs of the commands',
  });
}

async function untilHintsAreSent({ sandbox, onProgress, signal }: NodeToStop): Promise<void> {
  const begin = performance.now();
  for (let quietFrom = begin; performance.now() - quietFrom < noHintsForMs; ) {
    if (performance.now() - begin > hintsTakeAtMostMs)
      throw new OperatorError({
        expected: 'hints to be delivered',
        found: `files of hints for ${hintsTakeAtMostMs / 1000} s`,
        next: 'read the logs of the source nodes',
      });
    await sleep(1_000, undefined, { signal });
    if (sandbox.source.some(hasHints)) quietFrom = performance.now();
  }
  onProgress(`  hints delivered within ${seconds(begin)} s`);
}

function hasHints({ dir }: SandboxNode): boolean {
  return readdirSync(join(dir, 'hints')).some((name) => name.endsWith('.hints'));
}

function seconds(begin: number): string {
  return ((performance.now() - begin) / 1000).toFixed(0);
}
