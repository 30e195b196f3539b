import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { pulsarLines } from '../../../src/sandbox/sandbox-release.ts';
import { startLonePulsar } from '../../../src/sandbox/start-lone-pulsar.ts';
import { wipeSandbox } from '../../../src/sandbox/stop-sandbox.ts';
import { whyNoJavac } from '../../support/compile-java.ts';
import { javaContract } from './java/java-contract.ts';

const obstacle = await whyNoJavac();
const dirs: string[] = [];

afterAll(async () => {
  for (const dir of dirs) {
    await wipeSandbox(dir);
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);

// The newest line has its turn in every test run.
const earlier = pulsarLines.filter((line) => line !== '4.0');
if (obstacle) {
  process.stderr.write(`SKIPPED: the contract with the Java clients of earlier brokers. ${obstacle}\n`);
  test.skip('beside the Java clients of earlier brokers');
} else {
  for (const line of earlier) {
    javaContract(line, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'cdcmig-pulsar-'));
      dirs.push(dir);
      return (await startLonePulsar({ dir, line })).pulsar;
    });
  }
}
