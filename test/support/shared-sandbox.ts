import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { sandboxStatus } from '../../src/sandbox/sandbox-status.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** One source node of 5.0, a target and Pulsar, shared by all server tests: each makes its own keyspace and topics. */
    sandbox: Sandbox;
  }
}

/**
 * Starts the sandbox of the server tests and stops it after them. `CDCMIG_TEST_SANDBOX` names the folder of one that runs
 * already: it is used as it is and left running.
 */
export default async function sharedSandbox(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = process.env.CDCMIG_TEST_SANDBOX;
  const begin = performance.now();
  const dir = running ?? mkdtempSync(join(tmpdir(), 'cdcmig-test-'));
  project.provide('sandbox', running ? await findRunning(running) : await startOwn(dir));
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  process.stderr.write(`sandbox in ${dir} ${running ? 'found' : 'started'} after ${seconds} s\n`);
  if (running) return undefined;
  return async () => {
    await wipeSandbox(dir);
    rmSync(dir, { recursive: true, force: true });
  };
}

async function startOwn(dir: string): Promise<Sandbox> {
  const onProgress = (text: string) => process.stderr.write(`sandbox: ${text}\n`);
  try {
    return await startSandbox({ dir, cassandra: '5.0', nodes: 1, onProgress });
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function findRunning(dir: string): Promise<Sandbox> {
  const { sandbox, servers } = await sandboxStatus(dir);
  const silent = servers.filter((server) => server.condition !== 'ready').map((server) => server.name);
  if (!sandbox || silent.length > 0) {
    throw new Error(
      `CDCMIG_TEST_SANDBOX=${dir} is no running sandbox: ${sandbox ? `${silent.join(', ')} does not answer` : 'none was made there'}`,
    );
  }
  return sandbox;
}
