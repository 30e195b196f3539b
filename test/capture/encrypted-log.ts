import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { runAgent } from '../../src/capture/run-agent.ts';
import { commitLogFindings } from '../../src/checks/commit-log-findings.ts';
import { findJava } from '../../src/sandbox/find-java.ts';
import type { CassandraLine } from '../../src/sandbox/sandbox-release.ts';
import type { NodeSettings, SandboxNode } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { aNodeLog } from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';

/** A node of this release whose log is encrypted is refused by the check, and its log by an agent, each with a sentence. */
export async function expectEncryptedRefused(line: CassandraLine): Promise<void> {
  const node = await encryptingNode(line);
  const source = await openSourceCluster({
    contactPoints: [`${node.address}:${node.cqlPort}`],
    datacenter: node.datacenter,
  });
  onTestFinished(() => source.close());
  const settings = await source.nodeSettings((await source.nodes())[0]!);
  expect(commitLogFindings([settings], { mode: 'commitlog', visibilityDelayMs: 1_000 })).toMatchObject([
    { severity: 'fault', found: expect.stringContaining('encrypted'), next: 'turn them off and restart the node' },
  ]);
  await expect(agentOf(node)).rejects.toMatchObject({
    name: 'OperatorError',
    message: expect.stringMatching(/that cdcmig can read.*encrypted \(transparent_data_encryption_options\)/s),
  });
}

async function encryptingNode(line: CassandraLine): Promise<SandboxNode> {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-encrypted-'));
  onTestFinished(async () => {
    await wipeSandbox(join(dir, 'node'));
    rmSync(dir, { recursive: true, force: true });
  });
  const settings = await encryption(join(dir, 'keys.jceks'));
  return (await startLoneNode({ dir: join(dir, 'node'), cassandra: line, settings })).source[0]!;
}

const password = 'rehearsal';

async function encryption(keystore: string): Promise<NodeSettings> {
  const keytool = join(dirname((await findJava()).command), 'keytool');
  const key = ['-genseckey', '-keyalg', 'AES', '-keysize', '128', '-alias', 'log:1'];
  const store = ['-storetype', 'jceks', '-keystore', keystore, '-storepass', password, '-keypass', password];
  await promisify(execFile)(keytool, [...key, ...store]);
  const parameters = { keystore, keystore_password: password, store_type: 'JCEKS', key_password: password };
  return {
    transparent_data_encryption_options: {
      enabled: true,
      chunk_length_kb: 64,
      cipher: 'AES/CBC/PKCS5Padding',
      key_alias: 'log:1',
      key_provider: [{ class_name: 'org.apache.cassandra.security.JKSKeyProvider', parameters: [parameters] }],
    },
  };
}

function agentOf(node: SandboxNode): Promise<void> {
  const settings = { ...aNodeLog().settings, commitLogDirectory: node.commitLogDir, folder: join(node.dir, 'agent') };
  const { bus, bookHole } = memoryBus();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  return runAgent(settings, { bus, bookHole, clock: systemClock(), report: () => {}, signal: stop.signal });
}
