import { existsSync, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { awaySpells } from './away-spells.ts';
import { answeredCanary, besideIt, type CaptureWorld, openCaptureWorld } from './capture-world.ts';
import { followedBy } from './followed-world.ts';
import { bookedHoles, expectPublishedOrInDoubt } from './published-or-in-doubt.ts';
import { cdcWorld, startSmallNode, stateIn, withoutPulsar } from './small-node.ts';
import { type PagesWritten, pageTables, writePages } from './write-pages.ts';

/** Early: an agent that was killed needs some seconds until it releases again. */
const release = { atCritical: 'release', warnAt: 0.2, criticalAt: 0.4 } as const;

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-interlock-'));
  sandbox = await startSmallNode(dir);
}, 240_000);

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, 120_000);

test('in cdc mode with release writes go on, and each is published or in doubt, though the agent is killed again and again', async () => {
  const { world, agent } = await followedBy(await cdcWorld(sandbox, 'cdcrelease', { interlock: release }));
  const { early, late } = await withoutPulsar(sandbox, async () => {
    const pages: PagesWritten[] = [];
    for (let round = 0; round < 8; round++) {
      // No more than has room while the agent is dead, so that only a release that fails could make the node refuse.
      const writing = writePages(world.pool, world, { table: 'early', count: 150 });
      await Promise.race([midRelease(world), writing]);
      await agent.kill();
      pages.push(await writing);
      agent.start();
      await vi.waitFor(() => expect(cdcFiles()).toBeLessThan(7), { timeout: 30_000, interval: 50 });
    }
    const last = await writePages(world.pool, world, { table: 'late', count: 50 });
    return { early: joined(pages), late: last };
  });
  expect([early.refused, late.refused]).toEqual([0, 0]);
  await answeredCanary(world, 'cdcrelease');
  const missing = await expectPublishedOrInDoubt(world, [...early.written, ...late.written]);
  expect(missing.length).toBeGreaterThan(0);
  // What was written last was not released, and so its table is in no hole.
  const earlyId = world.tables.find(({ name }) => name === 'early')!.id;
  expect(new Set((await bookedHoles(world)).flatMap(({ tableIds }) => tableIds ?? ['any']))).toEqual(
    new Set([earlyId]),
  );
  await vi.waitFor(() => expect(cdcFiles()).toBeLessThan(8), { timeout: 20_000 });
  await agent.stop();
});

/** Resolves when the agent has just saved its position or just deleted a segment: the moments between which a release is half done. */
async function midRelease({ settings }: CaptureWorld): Promise<void> {
  const isDeletion = Math.random() < 0.5;
  const folder = isDeletion ? settings.cdcRawDirectory : settings.folder;
  const isIt = (file: string | null) =>
    isDeletion ? file?.endsWith('.log') && !existsSync(join(folder, file)) : file === 'position.json';
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, (_, file) => {
      if (!isIt(file)) return;
      watcher.close();
      resolve();
    });
    onTestFinished(() => watcher.close());
  });
}

function joined(parts: readonly PagesWritten[]): Pick<PagesWritten, 'written' | 'refused'> {
  const refused = parts.reduce((sum, part) => sum + part.refused, 0);
  return { refused, written: parts.flatMap(({ written }) => written) };
}

function cdcFiles(): number {
  return readdirSync(sandbox.source[0]!.cdcRawDir).filter((name) => name.endsWith('.log')).length;
}

test('in commitlog mode the application is never refused, whether agents wait, release, or have the room; with room only a dead agent misses anything', async () => {
  const roomy = await openCaptureWorld(sandbox, 'pages', { ddl: pageTables('pages') });
  const folderCapBytes = 8 * 2 ** 20;
  const [wait, releasing, withRoom] = [
    await followedBy(await besideIt(roomy, { folderCapBytes })),
    await followedBy(await besideIt(roomy, { folderCapBytes, interlock: release })),
    await followedBy(roomy),
  ];
  const away = awaySpells();
  const { written, refused } = await withoutPulsar(sandbox, async () => {
    const pages: PagesWritten[] = [];
    for (let round = 0; round < 10; round++) {
      const writing = writePages(roomy.pool, roomy, { table: 'early', count: 200 });
      const isBackAgain = away.begin();
      await withRoom.agent.kill();
      const startedMicros = BigInt(Date.now()) * 1000n;
      withRoom.agent.start();
      pages.push(await writing);
      const isBack = () => expect(stateIn(roomy).atMicros).toBeGreaterThan(startedMicros);
      await vi.waitFor(isBack, { timeout: 30_000, interval: 50 });
      isBackAgain();
    }
    expect(stateIn(wait.world).level).toBe('critical');
    return joined(pages);
  });
  expect(refused).toBe(0);
  for (const { world } of [wait, releasing, withRoom]) await answeredCanary(world, 'pages');
  expect(away.notCovering(await expectPublishedOrInDoubt(withRoom.world, written))).toEqual([]);
  expect(away.notExplaining(await bookedHoles(withRoom.world))).toEqual([]);
  for (const { world } of [wait, releasing]) {
    expect((await expectPublishedOrInDoubt(world, written)).length).toBeGreaterThan(0);
    expect((await bookedHoles(world)).length).toBeGreaterThan(0);
  }
  const ids = roomy.tables.filter(({ name }) => name === 'early').map(({ id }) => id);
  expect((await bookedHoles(releasing.world)).map(({ tableIds }) => tableIds)).toEqual([ids]);
  for (const { agent } of [wait, releasing, withRoom]) await agent.stop();
});
