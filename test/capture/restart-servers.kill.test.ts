import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { killServer, startServer, stopServer } from '../../src/sandbox/control-server.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { answeredCanary, type CaptureWorld, openCaptureWorld, readEvents } from './capture-world.ts';
import { expectHonestWatermarks } from './honest-watermarks.ts';
import { type KillableAgent, killableAgent } from './killable-agent.ts';
import { firstPublished } from './published-changes.ts';
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
async function followed(keyspace: string): Promise<{ world: CaptureWorld; agent: KillableAgent }> {
  const world = await openCaptureWorld(sandbox, keyspace, { ddl: loadTables(keyspace) });
  const agent = killableAgent(world.settings);
  agent.start();
  await vi.waitFor(async () => expect(await readEvents(world)).not.toEqual([]), { timeout: 30_000, interval: 300 });
  return { world, agent };
}

/** Every write is there, and no watermark claimed one before it was. */
async function expectPublished(world: CaptureWorld, written: readonly Written[]): Promise<void> {
  const events = await readEvents(world);
  const firsts = firstPublished(events, world);
  expect(written.filter(({ timestampMicros }) => !firsts.has(timestampMicros))).toEqual([]);
  expectHonestWatermarks(events, written, firsts);
}

test('a node that is killed and restarted under the eyes of its agent leaves no hole', async () => {
  const { world, agent } = await followed('killed_node');
  const before = await writeLoad(world.pool, 'killed_node', 800);
  // With periodic sync a node that dies forgets what it wrote after its last marker, for itself as for us.
  await sleep(1_500);
  await killServer(sandbox, 'source-1');
  sandbox = await startServer(sandbox, 'source-1');
  const after = await writeLoad(world.pool, 'killed_node', 800);
  await answeredCanary(world, 'killed_node');
  await expectPublished(world, [...before, ...after]);
  expect(agent.log.join('')).not.toContain('capture-hole');
});

test('a node that is stopped in order and restarted under the eyes of its agent leaves no hole', async () => {
  const { world, agent } = await followed('stopped_node');
  const before = await writeLoad(world.pool, 'stopped_node', 800);
  await stopServer(sandbox, 'source-1');
  sandbox = await startServer(sandbox, 'source-1');
  const after = await writeLoad(world.pool, 'stopped_node', 800);
  await answeredCanary(world, 'stopped_node');
  await expectPublished(world, [...before, ...after]);
  expect(agent.log.join('')).not.toContain('capture-hole');
});

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
