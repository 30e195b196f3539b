import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/adapters/clock.ts';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { parseConfig } from '../../src/config/read-config.ts';
import { shownShell } from '../../src/deploy/shown-shell.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { installDatastaxAgents } from '../../src/phases/datastax-nodes.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { showDeployAgent } from '../../src/phases/show-deploy-agent.ts';
import { undoDeployAgent } from '../../src/phases/undo-deploy-agent.ts';
import { datastaxNodeSetup } from '../../src/plan/datastax-agent.ts';
import type { NodeShell } from '../../src/ports/node-shell.ts';
import type { SourceNode } from '../../src/ports/source-cluster.ts';
import { eventsOfUpdate } from '../../src/sandbox/datastax/events-of-update.ts';
import type { LedgerFact } from '../../src/state/ledger-event.ts';
import { aRing, originalYaml } from '../deploy/a-ring.ts';
import { aTable, text } from '../support/a-table.ts';
import { anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const canary = aTable({ keyspace: 'cdcmig_canary', name: 'canary', partitionKey: { nonce: 'text' } });
const lanes = { read: 'events' as const, lanes: [], canaryTopic: 'events-cdcmig_canary.canary', settleMs: 0 };
const originalScript = 'JVM_OPTS="$JVM_OPTS -Xss256k"\n';

/** Nodes whose agent tells of canaries once their Cassandra was started with one. */
async function aCluster({ size = 2, rackOf = (_: number): string => 'r1', capture: more = {}, replication = {} } = {}) {
  const ring = aRing(size, rackOf);
  const sources = ring.nodes.map(({ node }) => node);
  const script = (host: string) => join(ring.folder, `${host}-env.sh`);
  const jar = join(ring.folder, 'agent-c4-2.3.9-all.jar');
  writeFileSync(jar, 'a jar');
  const agents = ring.nodes.map(({ node, nodetool, restart: [, , start], yaml }) => {
    const env = script(node.hostId);
    writeFileSync(env, originalScript);
    return {
      ...{ node: node.address, commitLogDirectory: '/c', cdcRawDirectory: '/cdc_raw', nodetool },
      folder: join(ring.folder, `${node.hostId}-ours`),
      ...{ cassandraYaml: yaml, cassandraEnv: env, restart: ['sh', '-c', `cp "${env}" "${env}.running"; ${start}`] },
    };
  });
  const cluster = { contactPoints: ['10.0.0.1:9042'], datacenter: 'dc1', keyspace: 'shop' };
  const sha256 = createHash('sha256').update('a jar').digest('hex');
  const config = parseConfig(
    stringify({
      ...{ migration: 'shop', feed: 'datastax', source: cluster, target: cluster, capture: { agents, ...more } },
      pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080' },
      datastax: { agent: { localJar: jar, sha256 } },
    }),
    join(ring.folder, 'cdcmig.yaml'),
  );
  const { bus } = inMemoryBus();
  const publisher = await bus.publisher(lanes.canaryTopic);
  const [optionsSet, asked]: [string[], string[]] = [[], []];
  const events: ProgressEvent[] = [];
  const source = {
    async nodeSettings(node: SourceNode) {
      asked.push(node.hostId);
      return ring.roll.source.nodeSettings(node);
    },
    nodes: async () => sources,
    keyspaces: async () => [{ name: 'shop', durableWrites: true, replication }],
    ensureCanaryTable: async () => canary,
    schema: async () => ({
      tables: [tableRow('orders'), tableRow('others')],
      columns: [],
      types: [],
      droppedColumns: [],
    }),
    setCdc: async ({ name }: { readonly name: string }, isOn: boolean) => void optionsSet.push(`${name} ${isOn}`),
    async writeCanary(nonce: string) {
      const running = sources.filter(({ hostId }) => hasAgent(`${script(hostId)}.running`));
      for (const { hostId } of running) {
        const row = aRow({ marker: { timestampMicros: 5n } });
        const origin = { node: hostId, segpos: '1:1', digest: 'd' };
        await publisher.publish(
          eventsOfUpdate(anUpdate(canary, { partitionKey: text(nonce), rows: [row] }), origin)[0]!,
        );
      }
    },
  };
  const placed = ({ folder }: (typeof agents)[number]) => ({ folder, supervisor: 'process' });
  const capture = {
    ...{ mode: 'cdc' as const, datastax: lanes, hasDatastaxInstalled: true as const, cdcTurnedOn: ['orders'] },
    nodes: sources.map(({ hostId, address }, index) => ({ hostId, address, placed: placed(agents[index]!) })),
  };
  const appended: LedgerFact[] = [];
  const contextWith = (shell: NodeShell, more: object = {}) =>
    ({
      ...{ config, source, bus, clock: systemClock(), signal: new AbortController().signal },
      plan: { nodeSetup: datastaxNodeSetup(config) },
      handsOf: () => ({ shell, admin: shell }),
      ledger: {
        state: { capture: { ...capture, ...more } },
        refresh: async () => ({ capture: { ...capture, ...more } }),
        append: async (fact: LedgerFact) => void appended.push(fact),
      },
      report: (event: ProgressEvent) => events.push(event),
    }) as unknown as PhaseContext;
  const shown = () => events.flatMap((event) => (event.kind === 'planned-step' ? [event.step] : []));
  const report = (event: ProgressEvent) => events.push(event);
  return { ring, events, agents, asked, capture, appended, shown, contextWith, optionsSet, report };
}

function tableRow(table: string) {
  return { keyspace: 'shop', table, id: table, flags: [], cdc: true, defaultTtlSeconds: 0 };
}

function hasAgent(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes('-javaagent:');
}

/** Writes down what changes anything, before it is done. */
function tellingShell(shell: NodeShell, told: string[]): NodeShell {
  const tell =
    <Parameters extends readonly unknown[], T>(name: string, work: (...all: Parameters) => T) =>
    (...parameters: Parameters) => {
      const words = parameters.filter((parameter) => !(parameter instanceof AbortSignal));
      told.push(JSON.stringify([name, ...words]));
      return work(...parameters);
    };
  const run = tell('run', shell.run);
  return {
    ...shell,
    makeFolder: tell('makeFolder', shell.makeFolder),
    writeFile: tell('writeFile', shell.writeFile),
    upload: tell('upload', shell.upload),
    copyFile: tell('copyFile', shell.copyFile),
    removeFile: tell('removeFile', shell.removeFile),
    run: (words, options) => (options?.reads ? shell.run(words, options) : run(words)),
  };
}

const byRack = { rackOf: (index: number) => `r${index % 3}`, capture: { restartAtOnce: 'rack' } };
const threeRacks = { class: 'NetworkTopologyStrategy', dc1: '3' };

describe('deploy-agent with a jar of the DataStax agent', () => {
  test('installs it node by node, each heard through its topic, and undo takes it away', async () => {
    const { ring, agents, contextWith, events, optionsSet } = await aCluster();
    const context = contextWith(localShell());
    expect(await installDatastaxAgents(context, lanes)).toBe('installed on 2 nodes');
    expect(ring.log()).toEqual(['host-0 drain', 'host-0 restart', 'host-1 drain', 'host-1 restart']);
    expect(events.filter(({ kind }) => kind === 'canary-seen')).toHaveLength(2);
    expect(readFileSync(agents[0]!.cassandraEnv, 'utf8')).toContain(
      'export CDC_TOPIC_PREFIX=persistent://public/cdcmig-shop/events-\n',
    );
    expect(readFileSync(join(agents[1]!.folder, 'agent-c4-2.3.9-all.jar'), 'utf8')).toBe('a jar');
    expect(await installDatastaxAgents(context, lanes)).toBe('installed already');
    await undoDeployAgent(context, { keepsFolders: false });
    expect(optionsSet.filter((text) => text.endsWith('false'))).toEqual(['orders false']);
    for (const { cassandraEnv, cassandraYaml, folder } of agents) {
      expect(readFileSync(cassandraEnv, 'utf8')).toBe(originalScript);
      expect(readFileSync(`${cassandraEnv}.running`, 'utf8')).toBe(originalScript);
      expect(readFileSync(cassandraYaml, 'utf8')).toBe(originalYaml);
      expect(existsSync(folder)).toBe(false);
    }
    expect(ring.log().slice(4)).toEqual(['host-0 drain', 'host-0 restart', 'host-1 drain', 'host-1 restart']);
  });

  test('shows in a dry run what each node would get, and gives it nothing', async () => {
    const { ring, agents, contextWith, shown, report } = await aCluster();
    await showDeployAgent(contextWith(shownShell(localShell(), report)));
    const text = shown().join('\n');
    expect(text).toMatch(/bring \S+ to \S+host-0-ours\/agent-c4-2\.3\.9-all\.jar, mode 644, SHA-256 [0-9a-f]{64}/);
    expect(text).toMatch(/host-0\.yaml \+2: cdc_enabled: true/);
    expect(text).toMatch(
      /host-1-env\.sh \+\d+: JVM_OPTS="\$JVM_OPTS -javaagent:\S+host-1-ours\/agent-c4-2\.3\.9-all\.jar"/,
    );
    expect(text.match(/drain/g)!.length).toBeGreaterThanOrEqual(2);
    expect(ring.log()).toEqual(['']);
    for (const { cassandraEnv, folder } of agents) {
      expect(readFileSync(cassandraEnv, 'utf8')).toBe(originalScript);
      expect(existsSync(folder)).toBe(false);
    }
  });

  test('does call by call what its dry run has shown', async () => {
    const { contextWith, report } = await aCluster({ size: 1 });
    const shown: string[] = [];
    await showDeployAgent(contextWith(tellingShell(shownShell(localShell(), report), shown)));
    const done: string[] = [];
    await installDatastaxAgents(contextWith(tellingShell(localShell(), done)), lanes);
    expect(shown).toEqual(done);
    expect(done.length).toBeGreaterThan(10);
  });

  test('installs it rack by rack and takes it away so, where it is told to and no rack holds two replicas', async () => {
    const { ring, agents, contextWith, shown, report } = await aCluster({
      size: 4,
      ...byRack,
      replication: threeRacks,
    });
    await showDeployAgent(contextWith(shownShell(localShell(), report)));
    expect(shown().filter((step) => step.startsWith('at the same time'))).toEqual([
      'at the same time: 10.0.0.0, 10.0.0.3',
    ]);
    const context = contextWith(localShell());
    expect(await installDatastaxAgents(context, lanes)).toBe('installed on 4 nodes');
    const restartsOf = (log: readonly string[]) => log.filter((line) => line.endsWith('restart'));
    expect(restartsOf(ring.log()).slice(0, 2).toSorted()).toEqual(['host-0 restart', 'host-3 restart']);
    const before = ring.log().length;
    await undoDeployAgent(context, { keepsFolders: false });
    expect(restartsOf(ring.log().slice(before)).slice(0, 2).toSorted()).toEqual(['host-0 restart', 'host-3 restart']);
    for (const { cassandraEnv, folder } of agents) {
      expect(readFileSync(`${cassandraEnv}.running`, 'utf8')).toBe(originalScript);
      expect(existsSync(folder)).toBe(false);
    }
  });

  test('is neither installed nor undone nor shown where the configuration has its folder elsewhere since', async () => {
    const { ring, agents, capture, contextWith } = await aCluster();
    await installDatastaxAgents(contextWith(localShell()), lanes);
    const restarts = ring.log();
    const nodes = capture.nodes.map((node) => ({ ...node, placed: { ...node.placed, folder: '/earlier' } }));
    const context = contextWith(localShell(), { nodes });
    const refused =
      /node 10\.0\.0\.0 where deploy-agent put it: folder \/earlier, supervisor process; found folder .*host-0-ours/;
    await expect(undoDeployAgent(context, { keepsFolders: false })).rejects.toThrow(refused);
    await expect(showDeployAgent(context)).rejects.toThrow(refused);
    expect(ring.log()).toEqual(restarts);
    expect(readFileSync(agents[0]!.cassandraEnv, 'utf8')).not.toBe(originalScript);
  });

  test('is said to be nowhere once it is undone, and not while one node’s undo has failed', async () => {
    const { ring, agents, capture, appended, contextWith } = await aCluster();
    await installDatastaxAgents(contextWith(localShell()), lanes);
    writeFileSync(agents[1]!.cassandraEnv, 'of somebody else\n');
    const undo = () => undoDeployAgent(contextWith(localShell()), { keepsFolders: false });
    await expect(undo()).rejects.toThrow(
      /changed it since[\s\S]*the agents taken from all of 2 nodes.*done: 10\.0\.0\.0; half done: 10\.0\.0\.1; untouched: none/,
    );
    const undone = { kind: 'capture-prepared', capture: expect.objectContaining({ ...capture, isUndone: true }) };
    expect(appended).toEqual([undone]);
    writeFileSync(agents[1]!.cassandraEnv, originalScript);
    await undo();
    const nodes = ring.nodes.map(({ node: { hostId, address } }) => ({ hostId, address }));
    const nowhere = { kind: 'capture-prepared', capture: expect.objectContaining({ nodes, isUndone: true }) };
    expect(appended).toEqual([undone, undone, nowhere]);
  });

  test('is not undone on a node while one that joined since is away', async () => {
    const { ring, asked, capture, contextWith } = await aCluster();
    await installDatastaxAgents(contextWith(localShell()), lanes);
    const restarts = ring.log();
    writeFileSync(join(ring.folder, 'down'), 'host-1');
    const before = asked.length;
    const nodes = capture.nodes.slice(0, 1);
    const undone = undoDeployAgent(contextWith(localShell(), { nodes }), { keepsFolders: false });
    const askedAgain = () => asked.slice(before).filter((host) => host === 'host-1').length;
    await expect.poll(askedAgain, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(ring.log()).toEqual(restarts);
    writeFileSync(join(ring.folder, 'down'), '');
    await undone;
    expect(ring.log()).toHaveLength(restarts.length + 2);
  });

  test('names at its undo the nodes that have left the ring with what was put on them', async () => {
    const { ring, contextWith, events } = await aCluster();
    const gone = { hostId: 'host-9', address: '10.0.0.9' };
    const nodes = [...ring.nodes.map(({ node }) => node), gone];
    await undoDeployAgent(contextWith(localShell(), { nodes }), { keepsFolders: false });
    expect(events).toContainEqual({
      kind: 'warning',
      text: expect.stringMatching(/10\.0\.0\.9 \(host-9\) is in the ring no more/),
    });
  });

  test('touches no node rack by rack where a rack holds more than one replica, neither then nor to undo it', async () => {
    const { ring, contextWith } = await aCluster({ size: 4, ...byRack, replication: { class: 'SimpleStrategy' } });
    const context = contextWith(localShell());
    const refused =
      /keyspace shop each in a rack of its own.*SimpleStrategy, which knows no racks.*restartAtOnce: node/;
    await expect(installDatastaxAgents(context, lanes)).rejects.toThrow(refused);
    await expect(showDeployAgent(context)).rejects.toThrow(refused);
    await expect(undoDeployAgent(context, { keepsFolders: false })).rejects.toThrow(refused);
    expect(ring.log()).toEqual(['']);
  });

  test.each([
    ['--keep-folders', { keepsFolders: true }, {}],
    ['somebody else’s agents', { keepsFolders: false }, { hasDatastaxInstalled: undefined }],
  ])('is undone with %s by the tables’ option alone', async (_, options, capture) => {
    const { ring, agents, contextWith, optionsSet } = await aCluster();
    await installDatastaxAgents(contextWith(localShell()), lanes);
    const restarts = ring.log();
    await undoDeployAgent(contextWith(localShell(), capture), options);
    expect(optionsSet.at(-1)).toBe('orders false');
    expect(ring.log()).toEqual(restarts);
    expect(readFileSync(agents[0]!.cassandraEnv, 'utf8')).not.toBe(originalScript);
  });
});
