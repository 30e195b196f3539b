import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type SshConnection, sshConnection } from '../../../src/adapters/ssh/ssh-connection.ts';
import type { SshEndpoint } from '../../../src/adapters/ssh/ssh-endpoint.ts';
import { sshShell } from '../../../src/adapters/ssh/ssh-shell.ts';
import { nodeShellContract } from '../../ports/node-shell-contract.ts';
import { sshd, startOpenSshServer } from './an-openssh-server.ts';
import { startSshServer } from './an-ssh-server.ts';

function keepsTheContract(name: string, start: () => Promise<{ endpoint: SshEndpoint; close(): Promise<void> }>): void {
  let server: Awaited<ReturnType<typeof start>>;
  let connection: SshConnection;

  beforeAll(async () => {
    server = await start();
    connection = sshConnection(server.endpoint);
  });

  afterAll(async () => {
    await connection.close();
    await server.close();
  });

  nodeShellContract(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cdcmig-shell-'));
    const shell = sshShell(connection, { become: { method: 'none' }, stopGraceMs: 500 });
    return { shell, folder, close: () => rm(folder, { recursive: true }) };
  });
}

describe('beside the server of ssh2', () => {
  keepsTheContract('sshShell', startSshServer);
});

const why = sshd === undefined ? ' (skipped: no sshd on this machine)' : '';

describe.skipIf(why !== '')(`beside the server of OpenSSH${why}`, () => {
  keepsTheContract('sshShell', startOpenSshServer);
});
