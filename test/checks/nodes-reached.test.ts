import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { sshConnection } from '../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../src/adapters/ssh/ssh-shell.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { nodesReached } from '../../src/checks/reach-checks.ts';
import { aNode } from '../deploy/a-node.ts';
import { findFreePort } from '../support/find-free-port.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-reached-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function ask(agents: readonly object[], more: object = {}) {
  const shell = localShell();
  const context = {
    config: { capture: { mode: 'commitlog', agents, ...more } },
    source: {
      nodes: async () => [aNode('host-1', '10.0.0.1')],
      nodeSettings: async () => ({ commitLogDirectory: '/var/lib/cassandra/commitlog' }),
    },
    handsOf: () => ({ shell, admin: shell }),
  };
  return nodesReached.ask({ ...context, ...more } as unknown as CheckContext);
}

test('a node where everything is as the inventory says has no finding, also before the folder is made', async () => {
  const folder = aFolder();
  mkdirSync(join(folder, 'log'));
  const agent = { node: '10.0.0.2', commitLogDirectory: join(folder, 'log'), folder: join(folder, 'to', 'be', 'made') };
  expect(await ask([agent])).toEqual([]);
});

test('what is missing on any node is told at once, and a folder that the node knows by another name is warned of', async () => {
  const absent = {
    commitLogDirectory: '/no/log',
    cdcRawDirectory: '/no/raw',
    cassandraYaml: '/no/yaml',
    folder: '/tmp/x',
  };
  const { cassandraYaml: _, ...plain } = absent;
  const agents = [
    { node: '10.0.0.1', ...plain },
    { node: '10.0.0.2', ...absent },
  ];
  const capture = { mode: 'cdc', agents };
  const found = await ask([], { config: { capture } });
  expect(found.map(({ severity, expected }) => `${severity}: ${expected}`)).toEqual([
    'fault: /no/log on node 10.0.0.1',
    'fault: /no/raw on node 10.0.0.1',
    'warning: commitLogDirectory of node 10.0.0.1 as the node has it: /var/lib/cassandra/commitlog',
    'fault: /no/log on node 10.0.0.2',
    'fault: /no/yaml on node 10.0.0.2',
  ]);
});

test('a folder on another disk than the commit log is refused, since nothing can be linked there', async () => {
  const agent = { node: '10.0.0.2', commitLogDirectory: aFolder(), folder: '/proc/cdcmig' };
  expect(await ask([agent])).toMatchObject([{ severity: 'fault', expected: expect.stringContaining('/proc/cdcmig') }]);
});

test('a node that is not reached is told with the reason, beside what others lack', async () => {
  const port = await findFreePort();
  const nowhere = sshConnection({ host: '127.0.0.1', port, user: 'u', knownHosts: '', password: () => 'x' });
  const unreached = sshShell(nowhere, { become: { method: 'none' } });
  const shell = localShell();
  const agents = [
    { node: '10.0.0.2', commitLogDirectory: '/c', folder: '/a' },
    { node: '10.0.0.3', commitLogDirectory: '/no/log', folder: '/tmp' },
  ];
  const handsOf = (address: string) =>
    address === '10.0.0.2' ? { shell: unreached, admin: unreached } : { shell, admin: shell };
  const found = await ask(agents, { config: { capture: { mode: 'commitlog', agents } }, handsOf });
  expect(found.map(({ found }) => found)).toEqual([expect.stringContaining('ECONNREFUSED'), 'nothing']);
});
