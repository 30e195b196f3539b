import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sshConnection } from '../../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../../src/adapters/ssh/ssh-shell.ts';
import { startSshServer } from './an-ssh-server.ts';

const hasSudo = userInfo().uid === 0 && spawnSync('sudo', ['-n', '-u', 'nobody', '--', 'true']).status === 0;
const why = hasSudo ? '' : ' (skipped: not root with a sudo here)';

test.skipIf(!hasSudo)(`by sudo itself, files and processes are another user’s${why}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-sudo-'));
  chmodSync(folder, 0o777);
  const server = await startSshServer();
  const connection = sshConnection(server.endpoint);
  onTestFinished(async () => {
    await connection.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const nobody = sshShell(connection, { become: { method: 'sudo', user: 'nobody' } });
  await nobody.writeFile(join(folder, 'file'), "it's ü\n");
  expect((await nobody.run(['stat', '-c', '%U', join(folder, 'file')])).stdout).toBe('nobody\n');
  const asked = { command: 'sleep', arguments: ['60'], logFile: join(folder, 'log'), pidFile: join(folder, 'pid') };
  expect(await nobody.ensureRunning(asked)).toBe('started');
  expect(await nobody.isRunning(asked)).toBe(true);
  await nobody.stop(asked);
  expect(await nobody.isRunning(asked)).toBe(false);
  const nobodyElse = sshShell(connection, { become: { method: 'sudo', user: 'no-such-user' } });
  await expect(nobodyElse.run(['true'])).rejects.toThrow(/to become no-such-user by sudo.*found sudo: unknown user/);
});
