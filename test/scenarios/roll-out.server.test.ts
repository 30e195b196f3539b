import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { takeOwnerLock } from '../../src/state/owner-lock.ts';
import { type Cut, type SshServer, startSshServer } from '../adapters/ssh/an-ssh-server.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const own = `rolled_${process.pid}`;
const moved = `${own}_moved`;

let sides: TwoSides;
let migration: AMigration;
let server: SshServer;
let ssh: object;
/** Where the next command that has this text in it is cut. */
let cutNext: { readonly text: string; readonly cut: Cut } | undefined;
const keys = mkdtempSync(join(tmpdir(), 'cdcmig-keys-'));
const secret = `s3cret-${process.pid}`;

beforeAll(async () => {
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.source, own, ['CREATE TABLE KS.things (id int PRIMARY KEY, name text)']);
  server = await startSshServer({
    cutAt: (_, command) => {
      if (!cutNext || !command.includes(cutNext.text)) return undefined;
      const { cut } = cutNext;
      cutNext = undefined;
      return cut;
    },
  });
  const { host, port, user, knownHosts, privateKey } = server.endpoint;
  writeFileSync(join(keys, 'known_hosts'), knownHosts);
  writeFileSync(join(keys, 'key'), privateKey!());
  writeFileSync(join(keys, 'token'), secret);
  ssh = { host, port, user, key: `file:${join(keys, 'key')}`, knownHosts: [join(keys, 'known_hosts')] };
  migration = aMigration(
    { name: `rolled-${process.pid}`, sandbox: inject('sandbox'), keyspace: own, targetKeyspace: moved },
    parts(),
  );
}, patience);

/** The broker asks nobody for a token, and so takes any. */
function parts(place: object = {}) {
  return { pulsar: { token: `file:${join(keys, 'token')}` }, agents: () => ({ ssh, ...place }) };
}

afterAll(async () => {
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
  await server?.close();
  rmSync(keys, { recursive: true });
}, patience);

const deploy = () => migration.run('run', '--phase', 'deploy-agent');

test('a dry run shows what each node would get, and leaves it as it is', { timeout: patience }, async () => {
  const { exitCode, stderr, stdout } = await migration.run('run', '--phase', 'deploy-agent', '--dry-run');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const shown = `${stdout}${stderr}`;
  expect(shown).toMatch(/bring \S+ to \S+\/bin\/node, mode 755, SHA-256 [0-9a-f]{64}/);
  expect(shown).toMatch(/agent\.json \+\d+: +"mode": "commitlog"/);
  expect(shown).toMatch(/nice -n 5 .*\/bin\/node .*\/bin\/agent\.mjs agent --settings \S+agent\.json/);
  expect(existsSync(migration.agentFolder)).toBe(false);
});

test('a connection that breaks while the program is brought leaves nothing half', { timeout: patience }, async () => {
  // What compares a file with its digest once it has come; the first that comes is Node.
  cutNext = { text: 'arrived incomplete', cut: 'in its input' };
  const { exitCode, stderr } = await deploy();
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the connection broke') });
  expect(existsSync(join(migration.agentFolder, 'bin', 'node'))).toBe(false);
});

test('one that breaks while the agent starts leaves one agent, and the same command goes on', {
  timeout: patience,
}, async () => {
  cutNext = { text: 'setsid', cut: 'before its end is told' };
  expect(await deploy()).toMatchObject({ exitCode: 1 });
  const pid = pidIn(join(migration.agentFolder, 'agent.pid'));
  const { exitCode, stderr } = await deploy();
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(pidIn(join(migration.agentFolder, 'agent.pid'))).toBe(pid);
  const running = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  expect(running[0]).toBe(join(migration.agentFolder, 'bin', 'node'));
  expect(await migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
});

test('what pack writes for others to roll out is what the node has', { timeout: patience }, async () => {
  const packed = join(keys, 'packed');
  const { exitCode, stderr } = await migration.run('pack', '--dir', packed);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const [node] = readdirSync(packed);
  for (const file of ['bin/node', 'bin/agent.mjs', 'agent.json'])
    expect(
      readFileSync(join(packed, node!, 'agent', file)).equals(readFileSync(join(migration.agentFolder, file))),
    ).toBe(true);
  const unit = readFileSync(join(packed, node!, `cdcmig-agent-rolled-${process.pid}.service`), 'utf8');
  expect(unit).toMatch(new RegExp(`ExecStart=.* "${join(migration.agentFolder, 'bin', 'node')}"`));
});

test('a host with another key than the known one is not spoken to', { timeout: patience }, async () => {
  const text = readFileSync(join(keys, 'known_hosts'), 'utf8');
  const ran = server.commands.length;
  writeFileSync(
    join(keys, 'known_hosts'),
    text.replace(/(?<=AAAA.{40})./, (letter) => (letter === 'x' ? 'y' : 'x')),
  );
  const { exitCode, stderr } = await deploy();
  writeFileSync(join(keys, 'known_hosts'), text);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/another one: SHA256:/) });
  expect(server.commands.length).toBe(ran);
});

test('an agent that is somewhere is not put elsewhere, and not looked for there by undo', {
  timeout: patience,
}, async () => {
  const elsewhere = join(keys, 'elsewhere');
  migration.configure(parts({ folder: elsewhere }));
  const ended = [await deploy(), await migration.run('undo', 'deploy-agent')];
  migration.configure(parts());
  for (const { exitCode, stderr } of ended)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`where deploy-agent put it: folder ${migration.agentFolder}, supervisor process`),
    });
  expect(existsSync(elsewhere)).toBe(false);
});

test('nodes that are prepared for one mode are not captured in the other before an undo', {
  timeout: patience,
}, async () => {
  migration.configure({ ...parts(), captureMode: 'cdc' });
  const { digest } = JSON.parse((await migration.run('plan', '--json')).stdout);
  const ended = await migration.run('run', '--phase', 'deploy-agent', '--plan', digest);
  migration.configure(parts());
  expect(ended).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('capture.mode: commitlog, for which deploy-agent has prepared the nodes'),
  });
  expect(readFileSync(join(migration.agentFolder, 'agent.json'), 'utf8')).toContain('"mode": "commitlog"');
});

test('nothing secret is on a command line, in the agent’s settings, its unit or its log', {
  timeout: patience,
}, async () => {
  expect(server.commands.length).toBeGreaterThan(50);
  const pid = pidIn(join(migration.agentFolder, 'agent.pid'));
  const [packed] = readdirSync(join(keys, 'packed'));
  const unit = readFileSync(join(keys, 'packed', packed!, `cdcmig-agent-rolled-${process.pid}.service`), 'utf8');
  const told = [
    ...server.commands,
    ...['agent.json', 'agent.log'].map((file) => readFileSync(join(migration.agentFolder, file), 'utf8')),
    ...['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')),
    unit,
  ].join('\n');
  for (const kept of [secret, server.endpoint.privateKey!().split('\n')[2]!]) expect(told).not.toContain(kept);
});

test('undo does not begin beside another run of the migration', { timeout: patience }, async () => {
  const { serviceUrl, adminUrl, tenant, namespace } = readConfig(migration.configFile).pulsar;
  const bus = await openPulsarBus({ serviceUrl, adminUrl, tenant, namespace, clientName: 'somebody else' });
  const lock = await takeOwnerLock(bus, { holder: 'somebody else', takeOver: false });
  const { exitCode, stderr } = await migration.run('undo', 'deploy-agent');
  await lock.release();
  await bus.close();
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('one by somebody else') });
  expect(existsSync(migration.agentFolder)).toBe(true);
});

test('undo takes everything from the node, goes on where it was cut, and may be repeated', {
  timeout: patience,
}, async () => {
  const pid = pidIn(join(migration.agentFolder, 'agent.pid'));
  cutNext = { text: 'rm -rf', cut: 'before its end is told' };
  expect(await migration.run('undo', 'deploy-agent')).toMatchObject({ exitCode: 1 });
  const { exitCode, stderr, stdout } = await migration.run('undo', 'deploy-agent');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(`${stdout}${stderr}`).toContain('nothing of the agent is left');
  expect(existsSync(migration.agentFolder)).toBe(false);
  // One that has ended stays there until its machine's first process has taken note of it.
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
  expect(await migration.run('undo', 'deploy-agent')).toMatchObject({ exitCode: 0 });
});
