import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { pidIn } from './operator/a-migration.ts';
import { type NodesOverSsh, nodesOverSsh } from './operator/nodes-over-ssh.ts';

const patience = 600_000;

let ring: NodesOverSsh;

beforeAll(async () => {
  ring = await nodesOverSsh({
    name: 'roll',
    cassandra: '5.0',
    config: async (_, entryOf) => ({
      captureMode: 'cdc',
      agents: (node) => ({ ...entryOf(node), cassandraYaml: node.yamlFile }),
    }),
  });
}, patience);

afterAll(() => ring?.[Symbol.asyncDispose](), patience);

test('a connection that is cut in the middle stops the roll-out and says what is half done', async () => {
  await ring.deployUntilCut();
  const last = ring.nodes[2]!;
  expect(readFileSync(last.yamlFile)).toEqual(ring.originalYaml(last));
});

test('the same command goes on, and every node has CDC, an agent and a canary that came through', async () => {
  const { exitCode, stderr } = await ring.untilDone('run', '--phase', 'deploy-agent');
  expect(exitCode, stderr).toBe(0);
  for (const node of ring.nodes) {
    expect(readFileSync(node.yamlFile, 'utf8')).toContain('\ncdc_enabled: true\n');
    expect(existsSync(`/proc/${pidIn(join(ring.migration.agentFolderOf(node), 'agent.pid'))}`)).toBe(true);
  }
  expect(ring.restarts()).toEqual([1, 1, 1]);
  expect(await ring.migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
});

test('undo leaves every node as it was, byte for byte', async () => {
  const { exitCode, stderr } = await ring.untilDone('undo', 'deploy-agent');
  expect(exitCode, stderr).toBe(0);
  for (const node of ring.nodes) {
    expect(readFileSync(node.yamlFile)).toEqual(ring.originalYaml(node));
    expect(existsSync(ring.migration.agentFolderOf(node))).toBe(false);
  }
  expect(ring.restarts()).toEqual([2, 2, 2]);
  const client = await openClient(ring.nodes[0]!);
  const { rows } = await client.execute("SELECT value FROM system_views.settings WHERE name = 'cdc_enabled'");
  await client.shutdown();
  expect(rows.map(({ value }) => value)).toEqual(['false']);
});
