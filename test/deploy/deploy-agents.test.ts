import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { processSupervisor } from '../../src/adapters/supervisors/process-supervisor.ts';
import { agentStates } from '../../src/deploy/agent-states.ts';
import { ensureAgents } from '../../src/deploy/ensure-agents.ts';
import type { NodeAgent } from '../../src/deploy/node-agent.ts';
import { shownShell } from '../../src/deploy/shown-shell.ts';
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

test('a dry run shows that an agent with another program or other settings is started again, and leaves it', async () => {
  const agent = anAgent('node-1');
  await ensure([agent]);
  const pid = pidOf(agent);
  const shownOf = async (changed: NodeAgent) => {
    const shown: string[] = [];
    const shell = shownShell(localShell(), (event) => event.kind === 'planned-step' && shown.push(event.step));
    await ensure([{ ...changed, shell, admin: shell, supervisor: processSupervisor(shell) }]);
    return shown.map((step) => step.replace(/^on \S+: /, ''));
  };
  expect(await shownOf(agent)).toEqual([]);
  const ended = expect.stringMatching(/^end the process of .*agent\.pid$/);
  const started = expect.stringMatching(/exec sleep 300/);
  const settings = { ...agent.settings, folderCapBytes: 2 };
  expect((await shownOf({ ...agent, settings })).slice(-4)).toEqual([
    ended,
    ...[expect.stringMatching(/-\d+: .*folderCapBytes": 1/), expect.stringMatching(/\+\d+: .*folderCapBytes": 2/)],
    started,
  ]);
  const from = join(agent.settings.folder, '..', 'program');
  writeFileSync(from, 'newer');
  const sha256 = createHash('sha256').update('newer').digest('hex');
  const file = { from, to: join(agent.settings.folder, 'bin', 'agent.mjs'), sha256, mode: '644' };
  expect(await shownOf({ ...agent, files: [file] })).toEqual([
    expect.stringMatching(/start-due made, empty$/),
    expect.stringMatching(/^mkdir -p .*bin$/),
    expect.stringMatching(/^bring .*program to .*agent\.mjs/),
    ended,
    expect.stringMatching(/^rm -f .*start-due$/),
    started,
  ]);
  expect(pidOf(agent)).toBe(pid);
  expect(existsSync(join(agent.settings.folder, 'bin'))).toBe(false);
});

test('stopped agents do not run, and stopping them again does no harm', async () => {
  const agent = anAgent('node-1');
  await ensure([agent]);
  await stopAgents([agent]);
  await stopAgents([agent]);
  expect(await agentStates([agent])).toEqual([{ node: 'node-1', isRunning: false }]);
  expect(existsSync(join(agent.settings.folder, 'agent.json'))).toBe(true);
});
