import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restoreFiles } from '../../src/deploy/kept-files.ts';
import { drainAndRestart } from '../../src/deploy/restart-node.ts';
import { shownShell } from '../../src/deploy/shown-shell.ts';
import { type CdcNode, cdcDiff, turnOnCdc } from '../../src/deploy/turn-on-cdc.ts';
import { OperatorError } from '../../src/errors.ts';
import { aRing as aPlainRing, originalYaml as original } from './a-ring.ts';

function aRing(size: number) {
  const ring = aPlainRing(size);
  const proved: string[] = [];
  return {
    ...ring,
    proved,
    turnOn: (proveNode: (node: CdcNode) => Promise<void> = async () => {}) =>
      turnOnCdc({
        ...ring.roll,
        nodes: ring.nodes,
        proveNode: async (node) => {
          await proveNode(node);
          proved.push(node.node.hostId);
        },
      }),
  };
}

test('nodes are drained, restarted and proved one after the other, and the lines that change are shown before', async () => {
  const ring = aRing(2);
  expect(await ring.turnOn()).toBe(2);
  expect(ring.log()).toEqual(['host-0 drain', 'host-0 restart', 'host-1 drain', 'host-1 restart']);
  expect(ring.proved).toEqual(['host-0', 'host-1']);
  expect(
    ring.events.slice(0, 4).map((event) => event.kind === 'node-step' && event.text.split(' ').slice(1).join(' ')),
  ).toEqual(['-2: cdc_enabled: false', '+2: cdc_enabled: true', '+3: cdc_raw_directory: /cdc_raw', 'and restarted']);
});

test('a ring that has CDC is left alone', async () => {
  const ring = aRing(2);
  await ring.turnOn();
  const before = ring.log();
  expect(await ring.turnOn()).toBe(0);
  expect(ring.log()).toEqual(before);
});

test('the first node that is not proved stops it, what is half done is said, and the same again goes on', async () => {
  const ring = aRing(3);
  await expect(
    ring.turnOn(async ({ node }) => {
      if (node.hostId === 'host-1') throw new OperatorError({ expected: 'a canary', found: 'none', next: 'see' });
    }),
  ).rejects.toThrow(/expected a canary[\s\S]*done: 10\.0\.0\.0; half done: 10\.0\.0\.1; untouched: 10\.0\.0\.2/);
  expect(ring.log()).not.toContain('host-2 drain');
  expect(await ring.turnOn()).toBe(1);
  expect(ring.log().filter((line) => line.endsWith('restart'))).toEqual([
    'host-0 restart',
    'host-1 restart',
    'host-2 restart',
  ]);
});

test('a node that cannot be drained is not restarted', async () => {
  const ring = aRing(1);
  writeFileSync(join(ring.folder, 'host-0.stuck'), '');
  await expect(ring.turnOn()).rejects.toThrow(/drain and .* to succeed; found stuck/);
  expect(ring.log()).toEqual(['host-0 drain']);
  rmSync(join(ring.folder, 'host-0.stuck'));
  expect(await ring.turnOn()).toBe(1);
});

test('no node is stopped while another is seen down', async () => {
  const ring = aRing(2);
  writeFileSync(join(ring.folder, 'down'), 'host-1');
  await expect(ring.turnOn()).rejects.toThrow(/node 10\.0\.0\.1 back in its ring.*found 10\.0\.0\.0 sees it as DN/);
  expect(ring.log()).toEqual(['']);
});

test('what was changed comes back byte for byte', async () => {
  const ring = aRing(2);
  await ring.turnOn();
  for (const { kept, yaml } of ring.nodes) {
    expect(readFileSync(yaml, 'utf8')).not.toBe(original);
    await restoreFiles(kept);
    expect(readFileSync(yaml, 'utf8')).toBe(original);
  }
});

test('what would be done is shown as it would be run, and nothing is done', async () => {
  const ring = aRing(1);
  const node = ring.nodes[0]!;
  const shown: string[] = [];
  const shell = shownShell(node.admin, (event) => event.kind === 'planned-step' && shown.push(event.step));
  expect(await cdcDiff(node)).toEqual([
    '-2: cdc_enabled: false',
    '+2: cdc_enabled: true',
    '+3: cdc_raw_directory: /cdc_raw',
  ]);
  await drainAndRestart({
    ...node,
    admin: shell,
    nodetool: ['nodetool', '-u', 'a b'],
    restart: ['systemctl', 'restart', 'cassandra'],
  });
  await shell.makeFolder(join(ring.folder, 'made'));
  await shell.writeFile(node.yaml, original.replace('false', 'true'));
  expect(shown.join('\n')).toMatch(
    /nodetool -u '\\''a b'\\'' drain[\s\S]*systemctl restart cassandra[\s\S]*mkdir -p [\s\S]*-2: cdc_enabled: false[\s\S]*\+2: cdc_enabled: true/,
  );
  expect(ring.log()).toEqual(['']);
  expect(readFileSync(node.yaml, 'utf8')).toBe(original);
});
