import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { proveHistories } from './any-order/prove-histories.ts';

const count = Number(process.env.CDCMIG_HISTORIES ?? 20_000);
const atOnce = 400;
const firstSeed = Number(process.env.CDCMIG_SEED ?? (Date.now() % 1_000_000) * 100_000);

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-any-order-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
}, 240_000);

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

test(`${count} histories from seed ${firstSeed} end equal on both sides`, async () => {
  for (let done = 0; done < count; done += atOnce) {
    const seed = firstSeed + done;
    await proveHistories(sandbox, { count: Math.min(atOnce, count - done), firstSeed: seed, statementsEach: 40 });
    process.stderr.write(`${Math.min(count, done + atOnce)} of ${count} histories, the last from seed ${seed}\n`);
  }
});
