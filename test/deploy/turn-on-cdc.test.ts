import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { restoreFiles } from '../../src/deploy/kept-files.ts';
import { drainAndRestart } from '../../src/deploy/restart-node.ts';
import { shownShell } from '../../src/deploy/shown-shell.ts';
import { type CdcNode, cdcDiff } from '../../src/deploy/turn-on-cdc.ts';
import { OperatorError } from '../../src/errors.ts';
import { aRingToTurnOn as aRing, originalYaml as original } from './a-ring.ts';

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
  await expect(
    ring.turnOn(async () => {
      throw new OperatorError({ expected: 'a canary', found: 'still none', next: 'see' });
    }),
  ).rejects.toThrow(/still none[\s\S]*done: 10\.0\.0\.0; half done: 10\.0\.0\.1; untouched: 10\.0\.0\.2/);
  expect(ring.log()).not.toContain('host-2 drain');
  expect(await ring.turnOn()).toBe(2);
  expect(ring.proved).toEqual(['host-0', 'host-1', 'host-2']);
  expect(ring.restarts()).toEqual(['host-0 restart', 'host-1 restart', 'host-2 restart']);
});

test('a node that cannot be drained is not restarted', async () => {
  const ring = aRing(1);
  writeFileSync(join(ring.folder, 'host-0.stuck'), '');
  await expect(ring.turnOn()).rejects.toThrow(/drain and .* to succeed; found stuck/);
  expect(ring.log()).toEqual(['host-0 drain']);
  rmSync(join(ring.folder, 'host-0.stuck'));
  expect(await ring.turnOn()).toBe(1);
});

test('a node whose file was changed and that was not restarted is restarted by the next attempt, whatever it says of CDC', async () => {
  const ring = aRing(1);
  const [node] = ring.nodes as [CdcNode];
  const on = 'cdc_enabled: true\ncdc_raw_directory: /elsewhere\n';
  for (const file of [node.yaml, join(ring.folder, 'host-0.running')]) writeFileSync(file, on);
  writeFileSync(join(ring.folder, 'host-0.stuck'), '');
  await expect(ring.turnOn()).rejects.toThrow(/found stuck/);
  rmSync(join(ring.folder, 'host-0.stuck'));
  expect(await ring.turnOn()).toBe(1);
  expect(readFileSync(join(ring.folder, 'host-0.running'), 'utf8')).toContain('cdc_raw_directory: /cdc_raw');
});

test('the folder is made by whom it is to belong to', async () => {
  const ring = aRing(1);
  const made: string[] = [];
  const [node] = ring.nodes as [CdcNode];
  const owner = { ...node.admin, makeFolder: async (path: string) => void made.push(path) };
  const folder = join(ring.folder, 'not-there');
  await expect(ring.turnOn(undefined, { groups: [[{ ...node, owner, folder }]] })).rejects.toThrow(
    /to write .*not-there/,
  );
  expect(made).toEqual([folder]);
});

test('who ends us in the middle of a drain leaves no drained node behind: it is restarted all the same', async () => {
  const ring = aRing(1);
  const slow = join(ring.folder, 'host-0.slow');
  writeFileSync(slow, '');
  const ending = new AbortController();
  const turningOn = ring.turnOn(undefined, { signal: ending.signal });
  await expect.poll(ring.log).toEqual(['host-0 drain']);
  ending.abort(new Error('ended'));
  await expect(turningOn).rejects.toThrow('ended');
  rmSync(slow);
  await expect.poll(ring.log).toEqual(['host-0 drain', 'host-0 restart']);
  // Noted by the command itself: it is not restarted again.
  await expect.poll(() => readFileSync(join(ring.nodes[0]!.folder, 'roll-due'), 'utf8')).toBe('proof\n');
  expect(await ring.turnOn()).toBe(1);
  expect(ring.log()).toEqual(['host-0 drain', 'host-0 restart']);
});

test('a drain that does not end is told, and the next attempt begins with it', async () => {
  const ring = aRing(1);
  const slow = join(ring.folder, 'host-0.slow');
  writeFileSync(slow, '');
  await expect(ring.turnOn(undefined, { commandTimeoutMs: 200 })).rejects.toThrow(
    /drain and .* to succeed; found no end after 0 s[\s\S]*half done: 10\.0\.0\.0/,
  );
  rmSync(slow);
  await expect.poll(ring.log).toContain('host-0 restart');
});

test('a node that never tells of its ring is told, instead of waited for without end', async () => {
  const ring = aRing(2);
  writeFileSync(join(ring.folder, 'host-0.mute'), '');
  onTestFinished(() => rmSync(join(ring.folder, 'host-0.mute'), { force: true }));
  await expect(ring.turnOn(undefined, { commandTimeoutMs: 200 })).rejects.toThrow(/10\.0\.0\.0 sees it as unknown/);
  expect(ring.log()).toEqual(['']);
});

test('another node at the address of one that was restarted is not taken for it', async () => {
  const ring = aRing(2);
  const { nodeSettings } = ring.roll.source;
  const source = {
    nodeSettings: async (node: { readonly hostId: string }) =>
      ring.log().includes(`${node.hostId} restart`) ? nodeSettings({ hostId: 'host-1' }) : nodeSettings(node),
  };
  await expect(ring.turnOn(undefined, { source })).rejects.toThrow(
    /node 10\.0\.0\.0 back in its ring.*found at its address answers another node, host-1.*another address, mend capture\.agents/s,
  );
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
    `${node.yaml} -2: cdc_enabled: false`,
    `${node.yaml} +2: cdc_enabled: true`,
    `${node.yaml} +3: cdc_raw_directory: /cdc_raw`,
  ]);
  const shownNode = {
    ...{ ...node, admin: shell, nodetool: ['nodetool', '-u', 'a b'] },
    restart: ['systemctl', 'restart', 'cassandra'],
  };
  await drainAndRestart(shownNode, { isSilent: false, commandTimeoutMs: 60_000 });
  await shell.makeFolder(join(ring.folder, 'made'));
  await shell.writeFile(node.yaml, original.replace('false', 'true'));
  expect(shown.join('\n')).toMatch(
    /nodetool -u '\\''a b'\\'' drain[\s\S]*systemctl restart cassandra[\s\S]*mkdir -p [\s\S]*-2: cdc_enabled: false[\s\S]*\+2: cdc_enabled: true/,
  );
  expect(ring.log()).toEqual(['']);
  expect(readFileSync(node.yaml, 'utf8')).toBe(original);
});
