import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sshConnection } from '../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../src/adapters/ssh/ssh-shell.ts';
import { systemdSupervisor } from '../../src/adapters/supervisors/systemd-supervisor.ts';
import { ensureAgents } from '../../src/deploy/ensure-agents.ts';
import { changeFile } from '../../src/deploy/kept-files.ts';
import { keptOf, type NodeAgent } from '../../src/deploy/node-agent.ts';
import { removeAgent } from '../../src/deploy/remove-agent.ts';
import { startSshServer } from '../adapters/ssh/an-ssh-server.ts';
import { aStandInForSystemctl } from '../adapters/supervisors/a-stand-in-for-systemctl.ts';
import { aNode } from './a-node.ts';
import { theSettings } from './the-settings.ts';

/** An agent that runs as a unit on a node that is reached by SSH, and a file of that node that was changed. */
async function aDeployedAgent() {
  const here = mkdtempSync(join(tmpdir(), 'cdcmig-removed-'));
  const { environment, unitFolder } = aStandInForSystemctl(here);
  let toCut = -1;
  const server = await startSshServer({
    environment,
    cutAt: (command) => (command === toCut ? 'before its end is told' : undefined),
  });
  const shell = sshShell(sshConnection(server.endpoint), { become: { method: 'none' } });
  const agent: NodeAgent = {
    node: aNode('node-1'),
    shell,
    admin: shell,
    supervisor: systemdSupervisor(shell, { unitFolder }),
    service: 'cdcmig-agent-test',
    user: undefined,
    isOurs: true,
    settings: theSettings('node-1', join(here, 'agent')),
    program: { command: '/bin/sleep', arguments: ['300'], niceness: 0 },
    files: [],
  };
  onTestFinished(async () => {
    await removeAgent(agent, async () => {}).catch(() => {});
    await shell.close();
    await server.close();
    rmSync(here, { recursive: true });
  });
  // sleep understands no --settings.
  writeFileSync(join(here, 'sleeps'), '#!/bin/sh\nexec sleep 300\n', { mode: 0o755 });
  const deployed = { ...agent, program: { command: join(here, 'sleeps'), arguments: [], niceness: 0 } };
  await ensureAgents({ nodes: [deployed], report: () => {} });
  const yaml = join(here, 'cassandra.yaml');
  writeFileSync(yaml, 'original\n');
  await changeFile(keptOf(deployed), yaml, 'changed\n');
  const cutAt = (command: number) => {
    toCut = command < 0 ? -1 : server.commands.length + command;
  };
  return { agent: deployed, folder: join(here, 'agent'), unitFolder, yaml, cutAt, server };
}

test('nothing of an agent is left, and what was changed is what it was', async () => {
  const { agent, folder, unitFolder, yaml } = await aDeployedAgent();
  expect(readdirSync(unitFolder)).toEqual(['cdcmig-agent-test.service']);
  let restarts = 0;
  const restart = async () => {
    expect(readFileSync(yaml, 'utf8')).toBe('original\n');
    restarts++;
  };
  expect(await removeAgent(agent, restart)).toEqual({ restored: [{ path: yaml, wasChanged: true }], left: [] });
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(unitFolder)).toEqual([]);
  expect(readFileSync(yaml, 'utf8')).toBe('original\n');
  expect(await removeAgent(agent, restart)).toEqual({ restored: [], left: [] });
  expect(restarts).toBe(1);
});

test('what others keep in its folder stays, and is named', async () => {
  const { agent, folder } = await aDeployedAgent();
  writeFileSync(join(folder, 'notes.txt'), 'of somebody else');
  expect(await removeAgent(agent, async () => {})).toMatchObject({ left: ['notes.txt'] });
  expect(readdirSync(folder)).toEqual(['notes.txt']);
});

test('a connection that breaks at any command of it is gone on from', async () => {
  const { agent, folder, unitFolder, yaml, cutAt, server } = await aDeployedAgent();
  let restarts = 0;
  const restart = async () => void restarts++;
  for (let command = 0; ; command++) {
    cutAt(command);
    const end = server.commands.length + command;
    const error = await removeAgent(agent, restart).catch((thrown: unknown) => thrown);
    const wasCut = server.commands.length > end;
    cutAt(-1);
    if (!wasCut) {
      expect(error).not.toBeInstanceOf(Error);
      break;
    }
    expect(String(error)).toContain('the connection broke before it had ended');
  }
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(unitFolder)).toEqual([]);
  expect(readFileSync(yaml, 'utf8')).toBe('original\n');
  expect(restarts).toBeGreaterThan(0);
});

test('a node whose restart failed is restarted by the next undo, although its files are what they were', async () => {
  const { agent, folder, yaml } = await aDeployedAgent();
  const fails = async () => {
    throw new Error('no restart');
  };
  await expect(removeAgent(agent, fails)).rejects.toThrow('no restart');
  expect(readFileSync(yaml, 'utf8')).toBe('original\n');
  await expect(removeAgent(agent, fails)).rejects.toThrow('no restart');
  await removeAgent(agent, async () => {});
  expect(existsSync(folder)).toBe(false);
});
