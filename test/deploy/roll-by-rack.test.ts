import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CdcNode } from '../../src/deploy/turn-on-cdc.ts';
import { OperatorError } from '../../src/errors.ts';
import { byRack } from '../../src/model/rack-spread.ts';
import { aRingToTurnOn, originalYaml } from './a-ring.ts';

/** Two racks of two. */
const twoRacks = () =>
  aRingToTurnOn(4, {
    rackOf: (index) => `r${index % 2}`,
    groupsOf: (nodes) => byRack(nodes, ({ node }) => node),
  });

test('the nodes of a rack are away together, all are back before the first is proved, and then it is the next rack’s turn', async () => {
  const ring = twoRacks();
  const seen: string[] = [];
  const slow = ['host-0', 'host-2'].map((host) => join(ring.folder, `${host}.slow`));
  for (const file of slow) writeFileSync(file, '');
  const turningOn = ring.turnOn(async ({ node }) => {
    seen.push(`${node.hostId} after ${ring.restarts().length}`);
  });
  // Both drain before either has ended.
  await expect.poll(() => ring.log().toSorted()).toEqual(['host-0 drain', 'host-2 drain']);
  for (const file of slow) rmSync(file);
  expect(await turningOn).toBe(4);
  expect(seen).toEqual(['host-0 after 2', 'host-2 after 2', 'host-1 after 4', 'host-3 after 4']);
});

test('no rack is stopped while a node of another is away', async () => {
  const ring = twoRacks();
  writeFileSync(join(ring.folder, 'down'), 'host-3');
  await expect(ring.turnOn()).rejects.toThrow(/10\.0\.0\.3 back in its ring.*sees it as DN/);
  expect(ring.log()).toEqual(['']);
});

test('where the file of one cannot be changed, none of its rack is stopped', async () => {
  const ring = twoRacks();
  writeFileSync(ring.nodes[2]!.yaml, Buffer.from([0x61, 0xff, 0x0a]));
  await expect(ring.turnOn()).rejects.toThrow(/UTF-8 in .*host-2\.yaml/);
  expect(ring.log()).toEqual(['']);
});

test('what fails on two nodes of a rack is told of both, and the same again goes on with what is left', async () => {
  const ring = twoRacks();
  for (const host of ['host-1', 'host-3']) writeFileSync(join(ring.folder, `${host}.stuck`), '');
  const error = await ring.turnOn().catch((caught: OperatorError) => caught);
  expect(error).toBeInstanceOf(OperatorError);
  expect(String(error)).toMatch(
    /found stuck[\s\S]*found stuck[\s\S]*one rack after the other; found done: 10\.0\.0\.0, 10\.0\.0\.2; half done: 10\.0\.0\.1, 10\.0\.0\.3; untouched: none/,
  );
  for (const host of ['host-1', 'host-3']) rmSync(join(ring.folder, `${host}.stuck`));
  expect(await ring.turnOn()).toBe(2);
  expect(ring.restarts().toSorted()).toEqual(['host-0', 'host-1', 'host-2', 'host-3'].map((host) => `${host} restart`));
});

test('one that is not proved leaves its rack half done; the next attempt proves it, restarts none, and goes on', async () => {
  const ring = twoRacks();
  const deaf = async ({ node }: CdcNode) => {
    if (node.hostId === 'host-2') throw new OperatorError({ expected: 'its canary', found: 'nothing', next: 'see' });
  };
  const stopped = /done: 10\.0\.0\.0; half done: 10\.0\.0\.2; untouched: 10\.0\.0\.1, 10\.0\.0\.3/;
  await expect(ring.turnOn(deaf)).rejects.toThrow(stopped);
  await expect(ring.turnOn(deaf)).rejects.toThrow(stopped);
  expect(readFileSync(ring.nodes[1]!.yaml, 'utf8')).toBe(originalYaml);
  expect(await ring.turnOn()).toBe(3);
  expect(ring.restarts()).toHaveLength(4);
  expect(ring.proved).toEqual(['host-0', 'host-2', 'host-1', 'host-3']);
  for (const { folder } of ring.nodes) expect(existsSync(join(folder, 'roll-due'))).toBe(false);
});

test('a rack of which one was drained and not restarted is brought back by the next attempt', async () => {
  const ring = twoRacks();
  writeFileSync(join(ring.folder, 'host-0.stuck'), '');
  await expect(ring.turnOn()).rejects.toThrow(/found stuck/);
  // As a drained node: it answers no more.
  for (const end of ['dead', 'stuck']) writeFileSync(join(ring.folder, `host-0.${end}`), '');
  expect(await ring.turnOn()).toBe(4);
  expect(ring.log().filter((line) => line === 'host-0 drain')).toHaveLength(1);
});
