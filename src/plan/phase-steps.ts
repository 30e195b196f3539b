import { basename } from 'node:path';
import { agentToInstall } from '../config/agent-to-install.ts';
import type { Config } from '../config/config.ts';
import type { PhaseName } from '../model/phase.ts';
import type { Table } from '../model/table.ts';

/** What a phase will do, in sentences for the operator. */
export interface PhaseSteps {
  readonly phase: PhaseName;
  readonly steps: readonly string[];
}

export interface StepFacts {
  readonly config: Config;
  readonly tables: readonly Table[];
  readonly ddl: readonly string[];
  readonly nodes: readonly { readonly address: string }[];
}

export function stepsOf(phase: PhaseName, facts: StepFacts): PhaseSteps {
  return { phase, steps: steps[phase](facts) };
}

const steps: Readonly<Record<PhaseName, (facts: StepFacts) => readonly string[]>> = {
  'deploy-agent': ({ config, nodes, tables }) => [
    `create or verify in Pulsar: namespace ${config.pulsar.tenant}/${config.pulsar.namespace}, ${topicsText(config)}, ledger, splits, schema, slice journals; infinite retention`,
    'create or verify the durable subscriptions, at the earliest position',
    'create or verify the canary keyspace cdcmig_canary on the source',
    ...(config.capture.mode === 'cdc' ? [`set cdc = true on ${tables.map((table) => table.name).join(', ')}`] : []),
    ...agentSteps(config, nodes),
  ],
  'start-source': ({ config, nodes, tables }) => [
    ...connectorStep(config, tables),
    'read subscriptions and retention back from the broker',
    `see a canary of each of ${nodes.length} nodes on every changes partition`,
    'write the hand-over record: from its instant on nothing is lost',
  ],
  'snapshot-migrate': ({ config, ddl, tables }) => [
    ...ddl,
    `copy ${namesText(tables.filter((table) => !table.isCounter))}, split by split, ${config.workers.splitsAtOnce} at once a worker`,
  ],
  validate: ({ tables }) => [
    `compare every row of ${tables.length} tables on both sides`,
    'look again at rows that differ until no change can be on its way',
  ],
  'start-sink': ({ config }) => [
    `start ${config.workers.local} workers here; others may join with \`cdcmig worker\``,
    'wait until the lag is known and falling',
    'settle what validate left open',
  ],
  cutover: ({ tables }) => [
    'wait until the sink has caught up, and list the gates',
    'drain: every node marks every partition',
    ...countersStep(tables.filter((table) => table.isCounter)),
    'validate again',
    'record the cutover and stop the workers',
  ],
};

function connectorStep({ feed, datastax }: Config, tables: readonly Table[]): readonly string[] {
  if (feed !== 'datastax' || !datastax.connector) return [];
  const names = namesText(tables.filter((table) => !table.isCounter));
  return [`create or verify the source connectors of ${names}, and see each run with one consumer an instance`];
}

function topicsText({ feed, datastax, pulsar }: Config): string {
  return feed === 'datastax'
    ? `an events topic of ${datastax.eventsPartitions} partitions for every table of the keyspace`
    : `${pulsar.changesPartitions} changes partitions`;
}

function agentSteps(config: Config, nodes: StepFacts['nodes']): readonly string[] {
  const { feed, capture } = config;
  const installed = agentToInstall(config);
  if (installed)
    return [
      ...rackStep(config),
      ...nodes.map(
        (node) =>
          `put the DataStax agent ${basename(installed.localJar)} into node ${node.address} (cassandra-env.sh, cassandra.yaml), restart it and see its canary`,
      ),
    ];
  if (feed === 'datastax') return nodes.map((node) => `see a canary by the DataStax agent of node ${node.address}`);
  const steps = capture.mode === 'cdc' ? rackStep(config) : [];
  return [
    interlockText(capture),
    ...steps,
    ...nodes.map((node) => `start the agent of node ${node.address} and see its canary`),
  ];
}

function rackStep({ capture }: Config): readonly string[] {
  return capture.restartAtOnce === 'rack' ? ['restart the nodes of a rack together, one rack after the other'] : [];
}

function countersStep(tables: readonly Table[]): readonly string[] {
  return tables.length === 0 ? [] : [`copy the counters of ${namesText(tables)}, by difference`];
}

function namesText(tables: readonly Table[]): string {
  return tables.map(({ name }) => name).join(', ') || 'nothing';
}

function interlockText({ mode, interlock }: Config['capture']): string {
  const critical = `${Math.round(interlock.criticalAt * 100)} % of ${mode === 'cdc' ? 'cdc_total_space' : 'the folder cap or of the disk’s room'}`;
  return `an agent whose unpublished segments take ${critical} ${consequences[interlock.atCritical][mode]}`;
}

const released =
  'deletes the oldest unread: their tables and time span become slices in doubt, to be compared before cutover';

const consequences = {
  wait: {
    cdc: 'alarms and deletes nothing: when the rest is full, the node rejects the application’s writes',
    commitlog:
      'alarms and deletes nothing: when the rest is full, it holds no new ones, and what the node deletes then is a hole',
  },
  release: { cdc: released, commitlog: released },
} as const;
