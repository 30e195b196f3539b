import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { agentStates } from '../../src/deploy/agent-states.ts';
import { ensureAgents } from '../../src/deploy/ensure-agents.ts';
import type { NodeAgent } from '../../src/deploy/node-agent.ts';
import { stopAgents } from '../../src/deploy/stop-agents.ts';
import type { ProgressEvent } from '../../src/events.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { aNode } from './a-node.ts';

/** Stays until it is stopped; what follows are its own arguments, which it does not read. */
const program = { command: 'sh', arguments: ['-c', 'exec sleep 300'] };

/** An agent on this machine, with a folder of its own. */
function anAgent(hostId: string): NodeAgent {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-deploy-'));
  const agent = { node: aNode(hostId), shell: localShell(), settings: theSettings(hostId, join(folder, 'agent')) };
  onTestFinished(async () => {
    await stopAgents([agent], program);
    rmSync(folder, { recursive: true, force: true });
  });
  return agent;
}

function theSettings(node: string, folder: string): AgentSettings {
  return {
    node,
    mode: 'commitlog',
    commitLogDirectory: '/commitlog',
    cdcRawDirectory: '/cdc_raw',
    folder,
    folderCapBytes: 1,
    cdcTotalBytes: 0,
    cdcBlocksWrites: true,
    interlock: { atCritical: 'wait', warnAt: 0.5, criticalAt: 0.8 },
    changesPartitions: 8,
    wantedTableIds: [],
    keyspaceTableIds: [],
    counterTableIds: [],
    canaryTableId: '3'.repeat(32),
    visibilityDelayMs: 1_000,
    pulsar: { serviceUrl: 'pulsar://h:1', adminUrl: 'http://h:2', tenant: 'public', namespace: 'n' },
  };
}

async function ensure(nodes: readonly NodeAgent[]): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  await ensureAgents({ nodes, ...program, report: (event) => events.push(event) });
  return events;
}

function pidOf({ settings }: NodeAgent): string {
  return readFileSync(join(settings.folder, 'agent.pid'), 'utf8').split('\n')[0]!;
}

test('each node gets a folder, its settings and a running agent', async () => {
  const agents = [anAgent('node-1'), anAgent('node-2')];
  expect(await ensure(agents)).toEqual([
    { kind: 'agent-started', node: 'node-1', wasRunning: false },
    { kind: 'agent-started', node: 'node-2', wasRunning: false },
  ]);
  expect(JSON.parse(readFileSync(join(agents[1]!.settings.folder, 'agent.json'), 'utf8'))).toEqual(agents[1]!.settings);
  expect(await agentStates(agents, program)).toEqual([
    { node: 'node-1', isRunning: true },
    { node: 'node-2', isRunning: true },
  ]);
});

test('an agent that runs with the same settings is left alone', async () => {
  const agent = anAgent('node-1');
  await ensure([agent]);
  const pid = pidOf(agent);
  expect(await ensure([agent])).toEqual([{ kind: 'agent-started', node: 'node-1', wasRunning: true }]);
  expect(pidOf(agent)).toBe(pid);
});

test('an agent with other settings is started again with the new ones', async () => {
  const agent = anAgent('node-1');
  await ensure([agent]);
  const pid = pidOf(agent);
  const changed = { ...agent, settings: { ...agent.settings, wantedTableIds: ['1'.repeat(32)] } };
  expect(await ensure([changed])).toEqual([{ kind: 'agent-started', node: 'node-1', wasRunning: false }]);
  expect(pidOf(agent)).not.toBe(pid);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

test('stopped agents do not run, and stopping them again does no harm', async () => {
  const agent = anAgent('node-1');
  await ensure([agent]);
  await stopAgents([agent], program);
  await stopAgents([agent], program);
  expect(await agentStates([agent], program)).toEqual([{ node: 'node-1', isRunning: false }]);
  expect(existsSync(join(agent.settings.folder, 'agent.json'))).toBe(true);
});
