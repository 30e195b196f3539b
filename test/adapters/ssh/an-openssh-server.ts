import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SshEndpoint } from '../../../src/adapters/ssh/ssh-endpoint.ts';
import { findFreePort } from '../../support/find-free-port.ts';

/** The server of OpenSSH on this machine; undefined where none is installed. */
export const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find(existsSync);

export interface OpenSshServer {
  readonly endpoint: SshEndpoint;
  close(): Promise<void>;
}

/** OpenSSH's own server on an unprivileged port of the loopback, with keys of its own, for this user. */
export async function startOpenSshServer(): Promise<OpenSshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-sshd-'));
  const port = await findFreePort();
  for (const name of ['host', 'user']) makeKey(join(folder, name));
  writeFileSync(join(folder, 'config'), configOf(folder, port));
  // A server that root starts wants this folder, which a boot makes otherwise.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(sshd!, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (part) => {
    log += part;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    await untilItListens(port, () => child.exitCode === null);
  } catch (cause) {
    await close();
    throw new Error(`sshd does not start: ${log}`, { cause });
  }
  const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const privateKey = readFileSync(join(folder, 'user'), 'utf8');
  return {
    endpoint: {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      knownHosts: `[127.0.0.1]:${port} ${hostKey}\n`,
      privateKey: () => privateKey,
    },
    close,
  };
}

function makeKey(file: string): void {
  const { status, stderr } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
}

function configOf(folder: string, port: number): string {
  return `
ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
`;
}

async function untilItListens(port: number, isAlive: () => boolean): Promise<void> {
  while (!(await answers(port))) {
    if (!isAlive()) throw new Error('it has ended');
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
