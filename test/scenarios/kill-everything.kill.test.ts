import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killServer, startServer } from '../../src/sandbox/control-server.ts';
import { type ApplicationCounts, runApplication } from '../../src/sandbox/demo/application.ts';
import { compareKeyspaces } from '../../src/sandbox/demo/compare.ts';
import { demoDdl } from '../../src/sandbox/demo/demo-schema.ts';
import { fill } from '../../src/sandbox/demo/fill.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { seededRandom } from '../../src/sandbox/demo/seeded-random.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import type { CdcmigProcess, Ended } from './operator/cdcmig-process.ts';

const seed = Number(process.env.CDCMIG_SEED ?? Date.now() % 1_000_000);
const allRows = Number(process.env.CDCMIG_ROWS ?? 20_000);
const patience = 240_000;
const operationsPerSecond = 150;
const random = seededRandom(seed);

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;
let source: Client;
let worker: CdcmigProcess | undefined;
const application = new AbortController();
let writing: Promise<ApplicationCounts>;

describe(`seed ${seed}, ${allRows} rows, an application that writes all the time`, () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cdcmig-kill-'));
    sandbox = await timed('sandbox', () => startSandbox({ dir, cassandra: '5.0', nodes: 1 }));
    const admin = await openClient(sandbox.source[0]!);
    for (const ddl of demoDdl('shop', sandbox.source[0]!.datacenter)) await admin.execute(ddl, [], { prepare: false });
    await admin.shutdown();
    source = await openClient(sandbox.source[0]!, 'shop');
    await timed('rows', () => fill(source, allRows, seed));
    writing = runApplication(source, { allRows, operationsPerSecond, seed }, application.signal);
    migration = aMigration({ name: 'killed', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' }, slowly);
  });

  afterAll(async () => {
    application.abort();
    await writing?.catch(() => {});
    await migration?.[Symbol.asyncDispose]();
    worker?.signal('SIGKILL');
    await worker?.ended;
    await source?.shutdown();
    await wipeSandbox(dir);
    rmSync(dir, { recursive: true, force: true });
  });

  test.each(['deploy-agent', 'start-source'])('%s is killed and run again', { timeout: patience }, async (phase) => {
    await runAndKill(phase, 1_000 + random.below(1_500));
    await runUntilDone(phase);
  });

  test.each(['the run itself', 'a worker', 'Pulsar', 'the target', 'the agent'] as const)(
    'in the middle of the snapshot: %s',
    { timeout: patience },
    async (victim) => {
      if (victim === 'a worker') startWorker();
      const run = migration.start('run', '--phase', 'snapshot-migrate', '--json');
      await run.untilSaid(/"kind":"split-copied"/);
      expect(missingSplits(await status())).toBeGreaterThan(0);
      await sleep(random.below(1_000));
      if (victim === 'the run itself') run.signal('SIGKILL');
      else await killAndRestart(victim);
      if (victim !== 'the agent') run.signal('SIGINT');
      const ended = await run.ended;
      say(`snapshot-migrate ended with ${ended.exitCode} ${ended.stderr}`);
      // Null: by kill -9. 1: something was away for too long. Never a bug, and never books that do not balance.
      expect([null, 0, 1, 130], ended.stderr).toContain(ended.exitCode);
    },
  );

  test('the snapshot comes to its end, and the agent back', { timeout: patience }, async () => {
    migration.configure({});
    await runUntilDone('snapshot-migrate');
    await runUntilDone('deploy-agent');
  });

  test('start-sink is killed and run again', { timeout: patience }, async () => {
    startWorker();
    await runUntilDone('validate');
    await runAndKill('start-sink', 1_000 + random.below(1_500));
    await runUntilDone('start-sink');
  });

  test.each(['a worker', 'the agent', 'Pulsar', 'the target'] as const)(
    'while changes are applied: %s',
    { timeout: patience },
    async (victim) => {
      await sleep(random.below(2_000));
      await killAndRestart(victim);
      // What was not killed must find its way by itself; what was is started by the command that had started it.
      if (victim === 'the agent') await runUntilDone('deploy-agent');
      if (victim === 'a worker') {
        startWorker();
        await runUntilDone('start-sink');
      }
      const killedAt = Date.now();
      const isCaughtUp = async () => (await status()).stream.lagMs < Date.now() - killedAt;
      await timed('caught up', () => expect.poll(isCaughtUp, { timeout: 120_000, interval: 1_000 }).toBe(true));
    },
  );

  test('cutover is killed, run again, and both sides are equal cell by cell', { timeout: 2 * patience }, async () => {
    application.abort();
    const counts = await writing;
    expect(counts.failed, counts.lastError).toBe(0);
    const words = ['--writes-stopped', '--confirm', 'shop'];
    await runAndKill('cutover', 8_000 + random.below(6_000), ...words);
    await runUntilDone('cutover', ...words);
    const target = await openClient(sandbox.target, 'shop_moved');
    try {
      const { tables, differences } = await timed('comparison', () => compareKeyspaces({ source, target }));
      say(JSON.stringify(tables));
      expect(differences).toEqual([]);
      expect(tables.map(({ sourceRows }) => sourceRows).every((rows) => rows > 0)).toBe(true);
    } finally {
      await target.shutdown();
    }
  });
});

/** Slow enough that there is a middle to kill something in. */
const slowly = { workers: { splitsAtOnce: 1, writesInFlight: 1 } };

type Victim = 'a worker' | 'Pulsar' | 'the target' | 'the agent';

/** kill -9, and back after a while as an operator or a supervisor would. */
async function killAndRestart(victim: Victim): Promise<void> {
  say(`kill -9 of ${victim}`);
  const awayMs = random.below(2_000);
  if (victim === 'Pulsar' || victim === 'the target') {
    const name = victim === 'Pulsar' ? 'pulsar' : 'target';
    await killServer(sandbox, name);
    await sleep(awayMs);
    await timed(`${victim} is back`, () => startServer(sandbox, name));
  }
  if (victim === 'the agent') process.kill(pidIn(join(migration.agentFolder, 'agent.pid'))!, 'SIGKILL');
  if (victim === 'a worker') await killWorkers();
}

/** Our own one, and the one that start-sink has started. */
async function killWorkers(): Promise<void> {
  const local = pidIn(join(migration.workersFolder, 'worker-0.pid'));
  if (local !== undefined) process.kill(local, 'SIGKILL');
  worker?.signal('SIGKILL');
  await worker?.ended;
}

function startWorker(): void {
  worker = migration.start('worker', '--name', 'extra');
}

async function runAndKill(phase: string, afterMs: number, ...words: readonly string[]): Promise<void> {
  const run = migration.start('run', '--phase', phase, ...words);
  await Promise.race([sleep(afterMs), run.ended]);
  run.signal('SIGKILL');
  const { exitCode } = await run.ended;
  say(`kill -9 of ${phase} after ${afterMs} ms${exitCode === null ? '' : `; it had ended with ${exitCode}`}`);
}

/** The same command again and again, as an operator would: it may say that something is away, but never that it has a bug. */
async function runUntilDone(phase: string, ...words: readonly string[]): Promise<void> {
  await timed(phase, async () => {
    for (let left = 3; ; left--) {
      const ended = await migration.run('run', '--phase', phase, ...words);
      if (ended.exitCode === 0) return;
      say(`${phase} ended with ${ended.exitCode}: ${ended.stderr}`);
      expectDoneOr(ended, 1);
      if (left === 0) throw new Error(`${phase} does not come to its end: ${ended.stderr}`);
    }
  });
}

function expectDoneOr({ exitCode, stderr }: Ended, ...codes: readonly number[]): void {
  expect([0, ...codes], stderr).toContain(exitCode);
}

interface Status {
  readonly splits: { readonly planned: number; readonly copied: number };
  /** The lag is 'unknown' while nobody reports. */
  readonly stream: { readonly lagMs: number };
}

async function status(): Promise<Status> {
  return JSON.parse((await migration.run('status', '--json')).stdout);
}

function missingSplits({ splits }: Status): number {
  return splits.planned - splits.copied;
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}

function say(text: string): void {
  process.stderr.write(`seed ${seed}: ${text}\n`);
}
