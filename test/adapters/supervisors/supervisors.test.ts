import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../../src/adapters/local-shell/local-shell.ts';
import { sshConnection } from '../../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../../src/adapters/ssh/ssh-shell.ts';
import { processSupervisor } from '../../../src/adapters/supervisors/process-supervisor.ts';
import { systemdSupervisor } from '../../../src/adapters/supervisors/systemd-supervisor.ts';
import { systemdUnit } from '../../../src/adapters/supervisors/systemd-unit.ts';
import { supervisorContract } from '../../ports/supervisor-contract.ts';
import { startSshServer } from '../ssh/an-ssh-server.ts';
import { aStandInForSystemctl } from './a-stand-in-for-systemctl.ts';

supervisorContract('processSupervisor', async () => ({
  supervisor: processSupervisor(localShell({ stopGraceMs: 500 })),
  user: undefined,
  definitions: async () => [],
  close: async () => {},
}));

supervisorContract('systemdSupervisor, over SSH and beside a stand-in for systemctl,', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-units-'));
  const { environment, unitFolder } = aStandInForSystemctl(folder);
  const server = await startSshServer({ environment });
  const shell = sshShell(sshConnection(server.endpoint), { become: { method: 'none' } });
  return {
    supervisor: systemdSupervisor(shell, { unitFolder }),
    user: userInfo().username,
    definitions: () => readdir(unitFolder),
    async close() {
      await shell.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
});

/** Only where this machine was booted by it, and we may write units. */
const why = existsSync('/run/systemd/system') && userInfo().uid === 0 ? '' : ' (skipped: not root under systemd)';

describe.skipIf(why !== '')(`beside systemd itself${why}`, () => {
  supervisorContract('systemdSupervisor', async () => ({
    supervisor: systemdSupervisor(localShell()),
    user: userInfo().username,
    definitions: async () => readdirSync('/etc/systemd/system').filter((name) => name.startsWith('cdcmig-test-')),
    close: async () => {},
  }));
});

const service = {
  name: 'cdcmig-agent-shop',
  description: 'cdcmig agent of node 5f3e, 100%',
  user: 'root',
  command: process.execPath,
  arguments: ['--max-old-space-size=192', '/var/lib/cassandra/cdc mig/bin/agent.mjs', '$HOME', '"%h"'],
  niceness: 5,
  folder: tmpdir(),
  logFile: join(tmpdir(), 'agent.log'),
  pidFile: '',
};

test('a unit restarts its program, bounds what it takes and names its user', () => {
  const lines = systemdUnit(service).split('\n');
  for (const line of ['User=root', 'Nice=5', 'MemoryMax=512M', 'CPUQuota=150%', 'Restart=always'])
    expect(lines).toContain(line);
  expect(lines.find((line) => line.startsWith('ExecStart='))).toBe(
    `ExecStart="${process.execPath}" "--max-old-space-size=192" "/var/lib/cassandra/cdc mig/bin/agent.mjs" "$$HOME" "\\"%%h\\""`,
  );
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;

test.skipIf(!analyze)(`systemd finds no fault in a unit${analyze ? '' : ' (skipped: no systemd-analyze here)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const verify = (text: string) => {
    const file = join(folder, 'cdcmig-agent-shop.service');
    writeFileSync(file, text);
    return spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  };
  const { status, stderr } = verify(systemdUnit(service));
  expect(stderr.split('\n').filter((line) => line.includes('cdcmig-agent-shop'))).toEqual([]);
  expect(status).toBe(0);
  // It does look.
  expect(verify(systemdUnit(service).replace('MemoryMax', 'MemoryMost')).stderr).toContain('MemoryMost');
  expect(readFileSync(join(folder, 'cdcmig-agent-shop.service'), 'utf8')).toContain('MemoryMost');
});
