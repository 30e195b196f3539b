import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { processSupervisor } from '../../src/adapters/supervisors/process-supervisor.ts';
import { agentStates } from '../../src/deploy/agent-states.ts';
import { ensureAgents } from '../../src/deploy/ensure-agents.ts';
import type { NodeAgent } from '../../src/deploy/node-agent.ts';
import { stopAgents } from '../../src/deploy/stop-agents.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { aNode } from './a-node.ts';
import { theSettings } from './the-settings.ts';

/** Stays until it is stopped; what follows are its own arguments, which it does not read. */
const program = { command: 'sh', arguments: ['-c', 'exec sleep 300'], niceness: 0 };

/** An agent on this machine, with a folder of its own. */
function anAgent(hostId: string): NodeAgent {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-deploy-'));
  const shell = localShell();
  const hands = { shell, admin: shell, supervisor: processSupervisor(shell) };
  const settings = theSettings(hostId, join(folder, 'agent'));
  const agent = {
    node: aNode(hostId),
    ...hands,
    settings,
    service: 'agent',
    user: undefined,
    isOurs: true,
    program,
    files: [],
  };
  onTestFinished(async () => {
    await stopAgents([agent]);
    rmSync(folder, { recursive: true, force: true });
  });
  return agent;
}

async function ensure(nodes: readonly NodeAgent[]): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  await ensureAgents({ nodes, report: (event) => events.push(event) });
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
  expect(await agentStates(agents)).toEqual([
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
  await stopAgents([agent]);
  await stopAgents([agent]);
  expect(await agentStates([agent])).toEqual([{ node: 'node-1', isRunning: false }]);
  expect(existsSync(join(agent.settings.folder, 'agent.json'))).toBe(true);
});
