import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sshConnection } from '../../../src/adapters/ssh/ssh-connection.ts';
import type { Become, SshEndpoint } from '../../../src/adapters/ssh/ssh-endpoint.ts';
import { sshShell } from '../../../src/adapters/ssh/ssh-shell.ts';
import { OperatorError } from '../../../src/errors.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { findFreePort } from '../../support/find-free-port.ts';
import { aStandInForSudo } from './a-stand-in-for-sudo.ts';
import { type Cut, type SshServer, type SshServerOptions, startSshServer } from './an-ssh-server.ts';

async function serverFor(options: SshServerOptions = {}): Promise<SshServer> {
  const server = await startSshServer(options);
  onTestFinished(server.close);
  return server;
}

function shellAt(endpoint: SshEndpoint, become: Become = { method: 'none' }): NodeShell {
  const shell = sshShell(sshConnection(endpoint), { become });
  onTestFinished(() => shell.close());
  return shell;
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-ssh-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Told in one sentence, and nothing was run. */
async function refused(server: SshServer, part: Partial<SshEndpoint>): Promise<string> {
  const error = await shellAt({ ...server.endpoint, ...part })
    .run(['true'])
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).faults).toHaveLength(1);
  expect(server.commands).toEqual([]);
  return (error as OperatorError).message;
}

const foreignKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFb0000000000000000000000000000000000000000000';

test('a host whose key nobody vouches for is not spoken to', async () => {
  const server = await serverFor({ password: 'open' });
  const text = await refused(server, { knownHosts: '', password: () => 'open' });
  expect(text).toMatch(/a key that nobody vouches for: SHA256:\S{43}/);
});

test('a host with another key than the known one is not spoken to', async () => {
  const server = await serverFor();
  const knownHosts = `[127.0.0.1]:${server.endpoint.port} ${foreignKey}`;
  expect(await refused(server, { knownHosts })).toMatch(/found another one: SHA256/);
});

test('a host with a key of another type than the known ones is not spoken to', async () => {
  const server = await serverFor();
  const knownHosts = `[127.0.0.1]:${server.endpoint.port} ssh-rsa AAAAB3NzaC1yc2E=`;
  expect(await refused(server, { knownHosts })).toMatch(/none of the types/);
});

test('a key that is not let in is told as that', async () => {
  const server = await serverFor();
  const another = await serverFor();
  const text = await refused(server, { privateKey: another.endpoint.privateKey });
  expect(text).toContain('found it refuses the key. Next: name the right key');
});

test('a file that is no key is told before anything is sent', async () => {
  const server = await serverFor();
  expect(await refused(server, { privateKey: () => 'no key' })).toContain('expected a private key for');
});

test('a wrong password is told without the password', async () => {
  const server = await serverFor({ password: 'right' });
  const text = await refused(server, { privateKey: undefined, password: () => 'wrong-and-secret' });
  expect(text).toContain('it refuses the password');
  expect(text).not.toContain('wrong-and-secret');
});

test('without anything to show it says what is missing', async () => {
  const server = await serverFor();
  expect(await refused(server, { privateKey: undefined })).toContain('no key, agent or password to show');
});

test('nobody who listens is told with the address', async () => {
  const server = await serverFor();
  const port = await findFreePort();
  const knownHosts = `[127.0.0.1]:${port} ${foreignKey}`;
  expect(await refused(server, { port, knownHosts })).toMatch(
    /to reach \w+@127\.0\.0\.1:\d+ by SSH; found .*ECONNREFUSED/,
  );
});

test('a password lets in', async () => {
  const server = await serverFor({ password: 'right' });
  const shell = shellAt({ ...server.endpoint, privateKey: undefined, password: () => 'right' });
  expect(await shell.run(['echo', 'in'])).toMatchObject({ code: 0, stdout: 'in\n' });
});

test('a node is reached through another, whose host key counts too', async () => {
  const [jump, node] = [await serverFor(), await serverFor()];
  const shell = shellAt({ ...node.endpoint, jump: jump.endpoint });
  expect(await shell.run(['echo', 'through'])).toMatchObject({ stdout: 'through\n' });
  expect(jump.connections()).toBe(1);
  expect(jump.commands).toEqual([]);
  expect(await refused(await serverFor(), { jump: { ...jump.endpoint, knownHosts: '' } })).toContain(
    `:${jump.endpoint.port}`,
  );
});

test('a jump host that cannot reach the node says so', async () => {
  const [jump, node] = [await serverFor(), await serverFor()];
  const port = await findFreePort();
  expect(await refused(node, { port, jump: jump.endpoint })).toMatch(
    new RegExp(`127\\.0\\.0\\.1:${port} by SSH; found .*:${jump.endpoint.port} answers`),
  );
});

test('sudo that asks for a password is told as that, and the command is not run', async () => {
  const server = await serverFor({ environment: aStandInForSudo(aFolder(), 'refuses') });
  const folder = aFolder();
  const shell = shellAt(server.endpoint, { method: 'sudo', user: 'cassandra' });
  await expect(shell.writeFile(join(folder, 'file'), 'x')).rejects.toThrow(
    /to become cassandra by sudo without a password; found sudo: a password is required/,
  );
  expect(await readdir(folder)).toEqual([]);
});

test('with sudo every command runs as the other user, input and all', async () => {
  const server = await serverFor({ environment: aStandInForSudo(aFolder(), 'lets') });
  const folder = aFolder();
  const shell = shellAt(server.endpoint, { method: 'sudo', user: 'cassandra' });
  await shell.writeFile(join(folder, 'file'), "it's\n");
  expect(await shell.readFile(join(folder, 'file'))).toBe("it's\n");
  expect((await shell.run(['sh', '-c', 'echo "$AS"'])).stdout).toBe('cassandra\n');
  expect(server.commands.every((command) => command.includes('sudo -n -u cassandra -- '))).toBe(true);
});

test('a full disk leaves the old file and nothing beside it', async () => {
  const folder = aFolder();
  // No more than 4 KiB may be written to any file, which ends a writer as a full disk does.
  const server = await serverFor({ prelude: 'ulimit -f 8' });
  const shell = shellAt(server.endpoint);
  await shell.writeFile(join(folder, 'file'), 'old');
  await expect(shell.writeFile(join(folder, 'file'), 'x'.repeat(100_000))).rejects.toThrow(OperatorError);
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});

const content = randomBytes(200_000);
const sha256 = createHash('sha256').update(content).digest('hex');

/** What deploying does with files; each may be repeated. */
const steps: Readonly<Record<string, (shell: NodeShell, folder: string, from: string) => Promise<unknown>>> = {
  makeFolder: (shell, folder) => shell.makeFolder(join(folder, 'made')),
  upload: (shell, folder, from) => shell.upload({ from, sha256, to: join(folder, 'whole'), mode: '755' }),
  writeFile: (shell, folder) => shell.writeFile(join(folder, 'whole'), content.toString('base64')),
  copyFile: (shell, folder) => shell.copyFile(join(folder, 'old'), join(folder, 'whole')),
  removeFile: (shell, folder) => shell.removeFile(join(folder, 'whole')),
};

const cuts: readonly Cut[] = ['before', 'in its input', 'before its end is told'];

for (const [name, step] of Object.entries(steps))
  test.each(cuts)(
    `a connection that breaks %s of ${name} leaves no half, and the same again completes it`,
    async (cut) => {
      let toCut = -1;
      const server = await serverFor({ cutAt: (command) => (command === toCut ? cut : undefined) });
      const [folder, beside] = [aFolder(), aFolder()];
      const from = join(beside, 'from');
      writeFileSync(from, content);
      const shell = shellAt(server.endpoint);
      await shell.writeFile(join(folder, 'old'), 'old');
      await shell.writeFile(join(folder, 'whole'), 'old');
      const wholes = [content.toString('latin1'), Buffer.from(content.toString('base64')).toString('latin1'), 'old'];
      for (let cutCommand = 0; ; cutCommand++) {
        toCut = server.commands.length + cutCommand;
        const error = await step(shell, folder, from).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (server.commands.length <= toCut) break;
        // A command without input has nothing to be cut in.
        if (error !== undefined) expect(String(error)).toContain('the connection broke before it had ended');
        await expect.poll(async () => (await readdir(folder)).filter((file) => file.endsWith('.new'))).toEqual([]);
        for (const file of (await readdir(folder)).filter((found) => found !== 'made'))
          expect(wholes).toContain(readFileSync(join(folder, file), 'latin1'));
      }
      toCut = -1;
      await step(shell, folder, from);
    },
  );

test('a connection that broke is made again by the next call', async () => {
  const server = await serverFor();
  const shell = shellAt(server.endpoint);
  await shell.run(['true']);
  server.cutAll();
  await expect.poll(() => shell.run(['echo', 'again']).catch(() => undefined)).toMatchObject({ stdout: 'again\n' });
  expect(server.connections()).toBe(2);
});
