import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSandbox, type SandboxNode, serverNamed } from '../../src/sandbox/sandbox-state.ts';
import { datastaxJar, startScript, tellStandIn, throughScript } from './operator/datastax-jar.ts';
import { type NodesOverSsh, nodesOverSsh } from './operator/nodes-over-ssh.ts';

const patience = 600_000;

let ring: NodesOverSsh;

beforeAll(async () => {
  ring = await nodesOverSsh({
    name: 'install',
    cassandra: '4.0',
    prepare(dir, node) {
      const { file, text } = startScript(dir, node);
      writeFileSync(file, text, { mode: 0o640 });
    },
    config: async (dir, entryOf) => ({
      datastax: { settleSeconds: 2, agent: await datastaxJar(dir) },
      agents: (node) => ({
        ...entryOf(node),
        restart: throughScript(dir, node, entryOf(node).restart),
        cassandraYaml: node.yamlFile,
        cassandraEnv: startScript(dir, node).file,
      }),
    }),
  });
  for (const node of ring.nodes) tellStandIn(ring.dir, node, ring.migration.configFile);
}, patience);

afterAll(() => ring?.[Symbol.asyncDispose](), patience);

async function succeedsInTheEnd(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await ring.untilDone(...words);
  expect(exitCode, stderr).toBe(0);
  return `${stdout}${stderr}`;
}

const originalScript = (node: SandboxNode) => startScript(ring.dir, node).text;
const scriptOf = (node: SandboxNode) => readFileSync(startScript(ring.dir, node).file, 'utf8');
const runsWithAgent = ({ name }: SandboxNode) =>
  readFileSync(`/proc/${serverNamed(readSandbox(ring.dir)!, name).pid!}/environ`, 'utf8').includes('-javaagent:');

test('a connection that is cut in the middle stops the installation and says what is half done', async () => {
  await ring.deployUntilCut();
  const last = ring.nodes[2]!;
  expect(scriptOf(last)).toBe(originalScript(last));
  expect(readFileSync(last.yamlFile)).toEqual(ring.originalYaml(last));
});

test('the same command goes on, and every node has the agent, which is heard', async () => {
  expect(await succeedsInTheEnd('run', '--phase', 'deploy-agent')).toMatch(/installed on [12] nodes|installed already/);
  for (const node of ring.nodes) {
    expect(readFileSync(node.yamlFile, 'utf8')).toContain('\ncdc_enabled: true\n');
    expect(scriptOf(node)).toContain('-javaagent:');
    expect(runsWithAgent(node)).toBe(true);
  }
  // What was cut had restarted its node all the same, and is not done twice.
  expect(ring.restarts()).toEqual([1, 1, 1]);
  expect(await succeedsInTheEnd('run', '--phase', 'deploy-agent')).toContain('installed already');
  expect(await ring.migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
});

test('undo leaves every node as it was, byte for byte, and running without the agent', async () => {
  ring.reached(ring.nodes[0]!).cutNext('-env.sh');
  const first = await ring.migration.run('undo', 'deploy-agent');
  expect(first.exitCode, first.stderr).toBe(1);
  await succeedsInTheEnd('undo', 'deploy-agent');
  for (const node of ring.nodes) {
    expect(readFileSync(node.yamlFile)).toEqual(ring.originalYaml(node));
    expect(scriptOf(node)).toBe(originalScript(node));
    expect(existsSync(ring.migration.agentFolderOf(node))).toBe(false);
    expect(runsWithAgent(node)).toBe(false);
  }
  expect(ring.restarts()).toEqual([2, 2, 2]);
});
