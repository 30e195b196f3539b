import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { killServer, startServer, stopServer } from '../../src/sandbox/control-server.ts';
import { readSandbox, type Sandbox, writeSandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { answeredCanary, besideIt, type CaptureWorld, openCaptureWorld, readEvents } from './capture-world.ts';
import { type Followed, followedBy } from './followed-world.ts';
import { expectHonestWatermarks } from './honest-watermarks.ts';
import { firstPublished } from './published-changes.ts';
import { bookedHoles, expectPublishedOrInDoubt } from './published-or-in-doubt.ts';
import { loadTables, type Written, writeLoad } from './write-load.ts';

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-restart-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
  await stopServer(sandbox, 'target');
});

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

/** A keyspace whose node is followed. */
async function followed(keyspace: string, options?: string): Promise<Followed> {
  return followedBy(await openCaptureWorld(sandbox, keyspace, { ddl: loadTables(keyspace, options) }));
}

/** Every write is there, and no watermark claimed one before it was. */
async function expectPublished(world: CaptureWorld, written: readonly Written[]): Promise<void> {
  const events = await readEvents(world);
  const firsts = firstPublished(events, world);
  expect(written.filter(({ timestampMicros }) => !firsts.has(timestampMicros))).toEqual([]);
  expectHonestWatermarks(events, written, firsts);
}

test.each([
  ['killed', 'killed_node', killServer],
  ['stopped in order', 'stopped_node', stopServer],
] as const)(
  'a node that is %s and restarted under the eyes of its agents leaves no hole, in either mode',
  async (_, name, end) => {
    const byLinks = await followed(name, 'WITH cdc = true');
    const { world } = byLinks;
    const inCdcRaw = await followedBy(await besideIt(world, { mode: 'cdc' }));
    const before = await writeLoad(world.pool, name, 800);
    // With periodic sync a node that dies forgets what it wrote after its last marker, for itself as for us.
    await sleep(1_500);
    await end(sandbox, 'source-1');
    sandbox = await startServer(sandbox, 'source-1');
    const after = await writeLoad(world.pool, name, 800);
    for (const { world: ofAgent, agent } of [byLinks, inCdcRaw]) {
      await answeredCanary(ofAgent, name);
      await expectPublished(ofAgent, [...before, ...after]);
      expect(agent.log.join('')).not.toContain('capture-hole');
    }
    // A node that replays links segments once more, with an index written anew; one that stops leaves its spare segment behind.
    await vi.waitFor(() => expect(segmentsIn(sandbox.source[0]!.cdcRawDir)).toBeLessThan(4), { timeout: 30_000 });
  },
);

function segmentsIn(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.log')).length;
}

test('in cdc mode, what a node takes while it runs without CDC is in doubt once it runs with it again', async () => {
  const name = 'without_cdc';
  const { world, agent } = await followedBy(
    await openCaptureWorld(sandbox, name, { ddl: loadTables(name, 'WITH cdc = true'), mode: 'cdc' }),
  );
  const before = await writeLoad(world.pool, name, 100);
  await restartWith({ cdc_enabled: false });
  const unseen = await writeLoad(world.pool, name, 400);
  await vi.waitFor(() => expect(agent.log.join('')).toContain('set cdc_enabled: true'), { timeout: 30_000 });
  await restartWith({});
  const after = await writeLoad(world.pool, name, 100);
  await answeredCanary(world, name);

  const missing = await expectPublishedOrInDoubt(world, [...before, ...unseen, ...after]);
  expect(missing.length).toBeGreaterThan(0);
  expect(missing.filter((write) => !unseen.includes(write))).toEqual([]);
  expect((await bookedHoles(world)).map(({ node }) => node)).toContain(world.settings.node);
  await agent.stop();
});

async function restartWith(sourceSettings: NonNullable<Sandbox['sourceSettings']>): Promise<void> {
  await stopServer(sandbox, 'source-1');
  writeSandbox({ ...readSandbox(dir)!, sourceSettings });
  sandbox = await startServer(sandbox, 'source-1');
}

test('an agent that was away while its node restarted reports a hole and counts from then on', async () => {
  const { world, agent } = await followed('unseen_restart');
  await agent.kill();
  await writeLoad(world.pool, 'unseen_restart', 100);
  await stopServer(sandbox, 'source-1');
  sandbox = await startServer(sandbox, 'source-1');
  const restartedMicros = BigInt(Date.now()) * 1000n;
  agent.start();
  await vi.waitFor(() => expect(agent.log.join('')).toContain('capture-hole'), { timeout: 30_000 });
  await answeredCanary(world, 'unseen_restart');
  const marks = (await readEvents(world)).flatMap(({ event }) => (event.kind === 'watermark' ? [event] : []));
  const last = marks.reduce((a, b) => (a.instantMicros > b.instantMicros ? a : b));
  expect(last.unbrokenSinceMicros).toBeGreaterThan(restartedMicros);
});

test('what is written while Pulsar is away is published when it is back, and nothing is claimed meanwhile', async () => {
  const { world, agent } = await followed('away_pulsar');
  await killServer(sandbox, 'pulsar');
  onTestFinished(async () => {
    sandbox = await startServer(sandbox, 'pulsar');
  });
  const written = await writeLoad(world.pool, 'away_pulsar', 2_000);
  // An agent that starts while Pulsar is away holds the log all the same.
  await agent.kill();
  agent.start();
  const more = await writeLoad(world.pool, 'away_pulsar', 2_000);
  sandbox = await startServer(sandbox, 'pulsar');
  await answeredCanary(world, 'away_pulsar');
  await expectPublished(world, [...written, ...more]);
  expect(agent.log.join('')).toContain('waiting');
  expect(agent.log.join('')).not.toContain('capture-hole');
});
