import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { type AgentState, decodeAgentState } from '../../src/model/agent-state.ts';
import { killServer, startServer } from '../../src/sandbox/control-server.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { type CaptureWorld, openCaptureWorld } from './capture-world.ts';
import { pageTables } from './write-pages.ts';

/** Small, so that seconds of writing fill it; the node lets go of its own log as early. */
const cdcTotalMebibytes = 16;

export const smallSettings = {
  commitlog_segment_size_in_mb: 1,
  commitlog_total_space_in_mb: 16,
  cdc_total_space_in_mb: cdcTotalMebibytes,
};

/** A node that is soon full, and Pulsar. */
export async function startSmallNode(dir: string): Promise<Sandbox> {
  return startServer(await startLoneNode({ dir, cassandra: '5.0', settings: smallSettings }), 'pulsar');
}

/** Tables of pages on the small node, captured from its cdc folder. */
export async function cdcWorld(
  sandbox: Sandbox,
  keyspace: string,
  part: Partial<AgentSettings>,
): Promise<CaptureWorld> {
  const ddl = pageTables(keyspace, 'WITH cdc = true');
  const world = await openCaptureWorld(sandbox, keyspace, { ddl, mode: 'cdc' });
  return { ...world, settings: { ...world.settings, cdcTotalBytes: cdcTotalMebibytes * 2 ** 20, ...part } };
}

/** Kills Pulsar, does the work, and brings it back also when the work fails. */
export async function withoutPulsar<T>(sandbox: Sandbox, work: () => Promise<T>): Promise<T> {
  await killServer(sandbox, 'pulsar');
  try {
    return await work();
  } finally {
    await startServer(sandbox, 'pulsar');
  }
}

/** What its agent said last, in its folder. */
export function stateIn({ settings }: CaptureWorld): AgentState {
  return decodeAgentState(readFileSync(join(settings.folder, 'state.json')))!;
}
