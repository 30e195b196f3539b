import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeAgentState } from '../../src/model/agent-state.ts';
import { killServer, startServer } from '../../src/sandbox/control-server.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { awaySpells } from './away-spells.ts';
import { answeredCanary, besideIt, type CaptureWorld, openCaptureWorld } from './capture-world.ts';
import { killableAgent } from './killable-agent.ts';
import { bookedHoles, expectPublishedOrInDoubt } from './published-or-in-doubt.ts';
import { pageTables, type WrittenPage, writePages } from './write-pages.ts';

const mebibyte = 2 ** 20;
/** All that is published is read back at the end: about a gigabyte. */
const minutes = 6;

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-interlock-soak-'));
  const settings = { commitlog_segment_size_in_mb: 1, commitlog_total_space_in_mb: 64 };
  sandbox = await startLoneNode({ dir, cassandra: '5.0', settings });
  sandbox = await startServer(sandbox, 'pulsar');
}, 240_000);

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, 120_000);

interface SoakedAgent {
  readonly world: CaptureWorld;
  readonly agent: ReturnType<typeof killableAgent>;
  readonly away: ReturnType<typeof awaySpells>;
  /** Resolves when it runs again after a kill. */
  isBack: Promise<unknown>;
}

/** Outages of Pulsar from seconds to minutes, while agents are killed now and then, for as long as the soak lasts. */
async function outages(agents: readonly SoakedAgent[], untilMs: number): Promise<void> {
  while (Date.now() < untilMs) {
    await sleep(2_000 + Math.random() * 20_000);
    await killServer(sandbox, 'pulsar');
    const endMs = Date.now() + 5_000 + Math.random() * 60_000;
    while (Date.now() < endMs) {
      await sleep(4_000 + Math.random() * 10_000);
      await killOne(agents[Math.floor(Math.random() * agents.length)]!);
    }
    sandbox = await startServer(sandbox, 'pulsar');
  }
}

async function killOne(soaked: SoakedAgent): Promise<void> {
  const { settings } = soaked.world;
  const isBackAgain = soaked.away.begin();
  const killed = soaked.agent.kill();
  soaked.isBack = killed.then(async () => {
    const startedMicros = BigInt(Date.now()) * 1000n;
    soaked.agent.start();
    const told = () => decodeAgentState(readFileSync(join(settings.folder, 'state.json')))!.atMicros;
    await vi.waitFor(() => expect(told()).toBeGreaterThan(startedMicros), { timeout: 300_000, interval: 50 });
    isBackAgain();
  });
  await killed;
}

test('through outages of any length what is written is published, or named as missing by the agent that had no room', async () => {
  const roomy = await openCaptureWorld(sandbox, 'soak', { ddl: pageTables('soak') });
  const short = await besideIt(roomy, {
    folderCapBytes: 48 * mebibyte,
    interlock: { atCritical: 'release', warnAt: 0.3, criticalAt: 0.6 },
  });
  const worlds: readonly CaptureWorld[] = [
    { ...roomy, settings: { ...roomy.settings, folderCapBytes: 64 * 1024 * mebibyte } },
    short,
  ];
  const agents = worlds.map((world): SoakedAgent => {
    const agent = killableAgent(world.settings);
    agent.start();
    return { world, agent, away: awaySpells(), isBack: Promise.resolve() };
  });
  for (const world of worlds) await answeredCanary(world, 'soak');
  const untilMs = Date.now() + minutes * 60_000;
  const failing = outages(agents, untilMs);
  const written: WrittenPage[] = [];
  while (Date.now() < untilMs) {
    // With both there at first: an agent that is long in starting would miss all of a burst.
    await Promise.all(agents.map(({ isBack }) => isBack));
    const pages = await writePages(roomy.pool, roomy, { table: Math.random() < 0.5 ? 'early' : 'late', count: 500 });
    expect(pages.refused).toBe(0);
    written.push(...pages.written);
  }
  await failing;
  for (const world of worlds) await answeredCanary(world, 'soak');
  const { away } = agents[0]!;
  expect(away.notCovering(await expectPublishedOrInDoubt(worlds[0]!, written))).toEqual([]);
  expect(away.notExplaining(await bookedHoles(worlds[0]!))).toEqual([]);
  await expectPublishedOrInDoubt(short, written);
});
