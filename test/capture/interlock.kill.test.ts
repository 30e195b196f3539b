import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { FillLevel } from '../../src/model/agent-state.ts';
import { startServer, stopServer } from '../../src/sandbox/control-server.ts';
import { readSandbox, type Sandbox, writeSandbox } from '../../src/sandbox/sandbox-state.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { aMigration } from '../scenarios/operator/a-migration.ts';
import { answeredCanary, type CaptureWorld } from './capture-world.ts';
import { followedBy } from './followed-world.ts';
import { bookedHoles, expectPublishedOrInDoubt } from './published-or-in-doubt.ts';
import { cdcWorld, smallSettings, startSmallNode, stateIn, withoutPulsar } from './small-node.ts';
import { writePages } from './write-pages.ts';

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-interlock-'));
  sandbox = await startSmallNode(dir);
});

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

/** When the agent said each level first, as its state file showed it. */
function watchLevels(world: CaptureWorld): ReadonlyMap<FillLevel, number> {
  const seen = new Map<FillLevel, number>();
  const timer = setInterval(() => {
    const { level } = stateIn(world);
    if (!seen.has(level)) seen.set(level, Date.now());
  }, 50);
  onTestFinished(() => clearInterval(timer));
  return seen;
}

const criticalStatus = { exitCode: 1, stdout: expect.stringMatching(/agent \(cdc, .*CRITICAL.*waits: /) };

test('in cdc mode with wait the agent alarms before the node refuses writes, and nothing is lost', async () => {
  const migration = aMigration({ name: 'cdcwait', sandbox, keyspace: 'cdcwait', targetKeyspace: 'moved' });
  onTestFinished(() => migration[Symbol.asyncDispose]());
  const { world, agent } = await followedBy(await cdcWorld(sandbox, 'cdcwait', { folder: migration.agentFolder }));
  const levels = watchLevels(world);
  const { written, refusedMs } = await withoutPulsar(sandbox, async () => {
    // Slow enough that the agent, which looks every two seconds, sees the disk before it is full.
    const slowly = { pauseMs: 100, mostRefused: 20 };
    const pages = await writePages(world.pool, world, { table: 'early', count: 3_000, ...slowly });
    // What it waits for the agent says once it has waited some seconds; the disk may be full sooner.
    await vi.waitFor(async () => expect(await migration.run('status')).toMatchObject(criticalStatus), {
      timeout: 60_000,
      interval: 500,
    });
    return pages;
  });
  expect(refusedMs).toBeGreaterThan(levels.get('critical')!);
  // A disk that fills within one look of the agent goes from ok to critical at once.
  expect(levels.get('warn') ?? 0).toBeLessThan(levels.get('critical')!);
  await answeredCanary(world, 'cdcwait');
  expect(await expectPublishedOrInDoubt(world, written)).toEqual([]);
  expect(await bookedHoles(world)).toEqual([]);
  const later = await writePages(world.pool, world, { table: 'late', count: 20 });
  expect(later.refused).toBe(0);
  await agent.stop();
});

test('where the node drops segments instead, no write is refused, and each is published or in doubt', async () => {
  await stopServer(sandbox, 'source-1');
  writeSandbox({ ...readSandbox(dir)!, sourceSettings: { ...smallSettings, cdc_block_writes: false } });
  sandbox = await startServer(sandbox, 'source-1');
  const { world, agent } = await followedBy(await cdcWorld(sandbox, 'cdcdrops', { cdcBlocksWrites: false }));
  const { cdcBlocksWrites } = await world.source.nodeSettings((await world.source.nodes())[0]!);
  expect(cdcBlocksWrites).toBe(false);
  // More than the agent takes into its memory before it waits for Pulsar and what cdc_raw may hold, together.
  const { written, refused } = await withoutPulsar(sandbox, () =>
    writePages(world.pool, world, { table: 'early', count: 2_600 }),
  );
  expect(refused).toBe(0);
  await answeredCanary(world, 'cdcdrops');
  expect((await expectPublishedOrInDoubt(world, written)).length).toBeGreaterThan(0);
  expect((await bookedHoles(world)).map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['vanished before it was read']),
  );
  await agent.stop();
});
