import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sshConnection } from '../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../src/adapters/ssh/ssh-shell.ts';
import { processSupervisor } from '../../src/adapters/supervisors/process-supervisor.ts';
import { agentStates } from '../../src/deploy/agent-states.ts';
import { bringProgram } from '../../src/deploy/bring-program.ts';
import { ensureAgents } from '../../src/deploy/ensure-agents.ts';
import type { AgentProgram, NodeAgent } from '../../src/deploy/node-agent.ts';
import { stopAgents } from '../../src/deploy/stop-agents.ts';
import type { Upload } from '../../src/ports/node-shell.ts';
import { type Cut, type SshServer, type SshServerOptions, startSshServer } from '../adapters/ssh/an-ssh-server.ts';
import { aNode } from './a-node.ts';
import { theSettings } from './the-settings.ts';

interface Remote {
  readonly agent: NodeAgent;
  readonly server: SshServer;
  /** The agent's, on the node. */
  readonly folder: string;
}

const sleeps: AgentProgram = { command: 'sh', arguments: ['-c', 'exec sleep 300'], niceness: 0 };
const script = randomBytes(50_000);

/** An agent on a node that is reached by SSH, with a file that is brought to it. */
async function aRemoteAgent(options: SshServerOptions = {}): Promise<Remote> {
  const here = mkdtempSync(join(tmpdir(), 'cdcmig-remote-'));
  const folder = join(here, 'agent');
  writeFileSync(join(here, 'script'), script);
  const server = await startSshServer(options);
  const shell = sshShell(sshConnection(server.endpoint), { become: { method: 'none' }, stopGraceMs: 500 });
  const agent: NodeAgent = {
    node: aNode('node-1'),
    shell,
    admin: shell,
    supervisor: processSupervisor(shell),
    service: 'cdcmig-agent-test',
    user: undefined,
    isOurs: true,
    settings: theSettings('node-1', folder),
    program: sleeps,
    files: [fileAt(join(here, 'script'), join(folder, 'bin', 'agent.mjs'), '644')],
  };
  onTestFinished(async () => {
    await stopAgents([agent]);
    await shell.close();
    await server.close();
    rmSync(here, { recursive: true });
  });
  return { agent, server, folder };
}

function fileAt(from: string, to: string, mode: string): Upload {
  return { from, to, mode, sha256: createHash('sha256').update(readFileSync(from)).digest('hex') };
}

const ensure = (agent: NodeAgent) => ensureAgents({ nodes: [agent], report: () => {} });

test('an agent gets its program, its settings and runs; the same again changes nothing', async () => {
  const { agent, folder } = await aRemoteAgent();
  await ensure(agent);
  expect(readFileSync(join(folder, 'bin', 'agent.mjs'))).toEqual(script);
  expect(JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8'))).toEqual(agent.settings);
  expect(await agentStates([agent])).toEqual([{ node: 'node-1', isRunning: true }]);
  const pid = readFileSync(join(folder, 'agent.pid'), 'utf8');
  await ensure(agent);
  expect(readFileSync(join(folder, 'agent.pid'), 'utf8')).toBe(pid);
});

test('an agent whose program is another now is started again with it', async () => {
  const { agent, folder } = await aRemoteAgent();
  await ensure(agent);
  const pid = readFileSync(join(folder, 'agent.pid'), 'utf8');
  const [file] = agent.files;
  writeFileSync(file!.from, 'another program');
  await ensure({ ...agent, files: [fileAt(file!.from, file!.to, '644')] });
  expect(readFileSync(file!.to, 'utf8')).toBe('another program');
  expect(readFileSync(join(folder, 'agent.pid'), 'utf8')).not.toBe(pid);
});

test('an agent whose program was brought by an attempt that broke is started again with it by the next', async () => {
  let cut: string | undefined;
  const { agent, folder } = await aRemoteAgent({
    cutAt: (_, command) => (cut !== undefined && command.includes(cut) ? 'before' : undefined),
  });
  await ensure(agent);
  const pid = readFileSync(join(folder, 'agent.pid'), 'utf8');
  const [file] = agent.files;
  writeFileSync(file!.from, 'another program');
  const newer = { ...agent, files: [fileAt(file!.from, file!.to, '644')] };
  cut = 'agent.json';
  await expect(ensure(newer)).rejects.toThrow('the connection broke');
  expect(readFileSync(file!.to, 'utf8')).toBe('another program');
  cut = undefined;
  await ensure(newer);
  const restarted = readFileSync(join(folder, 'agent.pid'), 'utf8');
  expect(restarted).not.toBe(pid);
  await ensure(newer);
  expect(readFileSync(join(folder, 'agent.pid'), 'utf8')).toBe(restarted);
});

test('an agent of which we did not hear that it started is the same one after the next attempt', async () => {
  let isCut = false;
  const { agent, folder } = await aRemoteAgent({
    cutAt: (_, command) => {
      if (isCut || !command.includes('setsid')) return undefined;
      isCut = true;
      return 'before its end is told';
    },
  });
  await expect(ensure(agent)).rejects.toThrow('the connection broke');
  const pid = readFileSync(join(folder, 'agent.pid'), 'utf8');
  await ensure(agent);
  expect(readFileSync(join(folder, 'agent.pid'), 'utf8')).toBe(pid);
  expect(filesIn(folder)).not.toContain('start-due');
});

test.each<Cut>(['before', 'in its input', 'before its end is told'])(
  'a connection that breaks %s of any command leaves whole files, and the same command goes on',
  async (cut) => {
    let toCut = 0;
    const { agent, server, folder } = await aRemoteAgent({ cutAt: (command) => (command === toCut ? cut : undefined) });
    // Each attempt is cut one command later than the one before, until none is left to be cut.
    for (let command = 0; ; command++) {
      toCut = server.commands.length + command;
      const error = await ensure(agent).catch((thrown: unknown) => thrown);
      if (server.commands.length <= toCut) {
        expect(error).toBeUndefined();
        break;
      }
      // A command without input has nothing to be cut in.
      if (error !== undefined) expect(String(error)).toContain('the connection broke before it had ended');
      await expect.poll(() => filesIn(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
      if (existsSync(join(folder, 'bin', 'agent.mjs')))
        expect(readFileSync(join(folder, 'bin', 'agent.mjs'))).toEqual(script);
      if (existsSync(join(folder, 'agent.json'))) JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8'));
    }
    toCut = -1;
    expect(await agentStates([agent])).toEqual([{ node: 'node-1', isRunning: true }]);
  },
);

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

test('the Node that runs this is brought and starts', async () => {
  const { agent, folder } = await aRemoteAgent();
  const node = fileAt(realpathSync(process.execPath), join(folder, 'bin', 'node'), '755');
  const files = [node];
  await bringProgram({ ...agent, files, program: { ...sleeps, command: node.to } });
  const program = { command: 'env', arguments: ['A=b', node.to], niceness: 0 };
  await bringProgram({ ...agent, files, program });
});

test('a Node of the right platform that does not start there is told before any agent is', async () => {
  const { agent, folder } = await aRemoteAgent();
  const node = fileAt('/bin/false', join(folder, 'bin', 'node'), '755');
  const brought = ensure({ ...agent, files: [node], program: { ...sleeps, command: node.to } });
  await expect(brought).rejects.toThrow(/bin\/node to start on .*found exit code 1.*noexec/);
  expect(existsSync(join(folder, 'agent.pid'))).toBe(false);
});

test.each([
  ['another processor', (elf: Buffer) => elf.writeUInt16LE(elf.readUInt16LE(18) === 62 ? 183 : 62, 18), /found Linux /],
  ['another C library', (elf: Buffer) => elf.write('/lib/ld-other', elf.indexOf('/lib')), / without \/lib\/ld-other/],
  ['no Linux at all', (elf: Buffer) => elf.write('MZ', 0), /which is for another system/],
])('a Node for %s is refused before it is sent', async (_, change, found) => {
  const { agent, server, folder } = await aRemoteAgent();
  const from = join(folder, '..', 'node');
  // Its head is all that is looked at.
  const elf = readFileSync('/bin/sh');
  change(elf);
  writeFileSync(from, elf);
  const node = fileAt(from, join(folder, 'bin', 'node'), '755');
  const brought = bringProgram({ ...agent, files: [node], program: { ...sleeps, command: node.to } });
  await expect(brought).rejects.toThrow(found);
  expect(existsSync(node.to)).toBe(false);
  expect(server.commands.filter((command) => command.includes('sha256sum'))).toEqual([]);
});
