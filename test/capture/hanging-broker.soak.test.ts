import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { stopServer } from '../../src/sandbox/control-server.ts';
import { readSandbox, type Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { answeredCanary, type CaptureWorld, openCaptureWorld, readEvents } from './capture-world.ts';
import { killableAgent } from './killable-agent.ts';
import { firstPublished } from './published-changes.ts';
import { loadTables } from './write-load.ts';

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-hang-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
  await stopServer(sandbox, 'target');
});

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

/** A broker that keeps its connections and answers nothing, until `goOn`. */
function hang(): { goOn(): void } {
  const { pid } = readSandbox(dir)!.pulsar;
  const goOn = () => void process.kill(pid!, 'SIGCONT');
  process.kill(pid!, 'SIGSTOP');
  onTestFinished(goOn);
  return { goOn };
}

const rows = 150_000;

/** Small rows, each with a timestamp of its own, a hundred to a request. */
async function writeManyRows({ pool }: CaptureWorld, keyspace: string): Promise<readonly bigint[]> {
  const timestamps: bigint[] = [];
  const startMicros = BigInt(Date.now()) * 1000n;
  let next = 0;
  const lane = async () => {
    while (next < rows) {
      const first = next;
      next += 100;
      const stamps = Array.from({ length: 100 }, (_, i) => startMicros + BigInt(first + i));
      const inserts = stamps.map(
        (stamp, i) =>
          `INSERT INTO ${keyspace}.plain (pk, ck, v, n) VALUES (${first + i}, 0, 'small', 1) USING TIMESTAMP ${stamp};`,
      );
      await pool.query(`BEGIN UNLOGGED BATCH ${inserts.join(' ')} APPLY BATCH`, { consistency: 'ONE' });
      timestamps.push(...stamps);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return timestamps;
}

// A minute on a quiet machine.
const timeout = 300_000;

test('while the broker hangs and the log grows, the agent stays under 300 MB; after it, nothing is lost', {
  timeout,
}, async () => {
  const keyspace = 'hanging_broker';
  const world = await openCaptureWorld(sandbox, keyspace, { ddl: loadTables(keyspace) });
  const agent = killableAgent(world.settings);
  agent.start();
  await vi.waitFor(async () => expect(await readEvents(world)).not.toEqual([]), { timeout: 30_000, interval: 300 });
  const broker = hang();
  const written = await writeManyRows(world, keyspace);
  // Longer than the client takes to give up a broker that does not answer.
  await sleep(40_000);
  expect(agent.peakMegabytes()).toBeLessThan(300);
  broker.goOn();
  await answeredCanary(world, 'hanging_broker');
  expect(agent.peakMegabytes()).toBeLessThan(300);
  const firsts = firstPublished(await readEvents(world), world);
  expect(written.filter((timestamp) => !firsts.has(timestamp))).toEqual([]);
  process.stderr.write(`the agent took ${agent.peakMegabytes().toFixed(0)} MB at most\n`);
});
