import { createHash } from 'node:crypto';
import { agentToInstall } from '../config/agent-to-install.ts';
import type { Config } from '../config/config.ts';
import { isPattern, matchesPattern } from '../config/table-pattern.ts';
import type { ConnectorDefinition } from '../model/connector-definition.ts';
import type { Finding } from '../model/finding.ts';
import type { PhaseName } from '../model/phase.ts';
import { phaseNames } from '../model/phase.ts';
import { type SchemaRows, tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import { withoutColumns } from '../model/table-difference.ts';
import type { TargetDefinition } from '../model/target-definition.ts';
import { compareSchema } from './compare-schema.ts';
import { connectorFindings } from './connector-findings.ts';
import { datastaxNodeSetup, type NodeSetup } from './datastax-agent.ts';
import { datastaxConnectors } from './datastax-connectors.ts';
import { datastaxFindings, type NodeVersion } from './datastax-findings.ts';
import { keyspacesFindings } from './keyspaces-findings.ts';
import { type PhaseSteps, stepsOf } from './phase-steps.ts';
import { schemaFindings } from './schema-findings.ts';
import { targetDefinitions } from './target-schema.ts';

/** What is known of both sides before anything is done. */
export interface PlanFacts {
  readonly sourceSchema: SchemaRows;
  /** Undefined: the target has no such keyspace. */
  readonly targetSchema: SchemaRows | undefined;
  readonly nodes: readonly (NodeVersion & { readonly hostId: string })[];
  readonly sizes: ReadonlyMap<string, { readonly partitions: number; readonly meanPartitionBytes: number }>;
  readonly decided?: DecidedSchema;
  /** Names of the tables that were handed over; undefined before the hand-over. */
  readonly handedOver?: readonly string[] | undefined;
}

/** What the operator decided about tables whose schema changed. */
export interface DecidedSchema {
  readonly stopped: readonly string[];
  /** Paused until he decides; that they differ keeps no phase from running. */
  readonly waiting: readonly string[];
  /** By table: columns that are neither moved nor compared. */
  readonly leftOut: ReadonlyMap<string, readonly string[]>;
}

/** What a migration will do; the same value that `run` takes. */
export interface Plan {
  /** Of everything that a phase relies on; sizes, which change every minute, are not part of it. */
  readonly digest: string;
  readonly keyspace: string;
  readonly tables: readonly PlannedTable[];
  /** All that the target must have; what of it is there is looked at, not created again. */
  readonly definitions: readonly TargetDefinition[];
  /** What is created in the target; empty when everything is there. */
  readonly ddl: readonly string[];
  /** Source connectors of DataStax CDC: created by start-source if it is given their archive, otherwise by the operator. */
  readonly connectors: readonly ConnectorDefinition[];
  /** What the operator sets up on every node for the DataStax agent. */
  readonly nodeSetup: NodeSetup | undefined;
  readonly findings: readonly Finding[];
  readonly phases: readonly PhaseSteps[];
}

interface PlannedTable {
  readonly table: Table;
  /** By the nodes' estimates; undefined where they have none, as of what was never flushed. */
  readonly estimatedPartitions: number | undefined;
  readonly estimatedBytes: number | undefined;
}

export function planMigration(config: Config, facts: PlanFacts): Plan {
  const ofKeyspace = tablesOf(facts.sourceSchema);
  const tables = wantedTables(ofKeyspace, config, facts.decided);
  const definitions = targetDefinitions(tables, facts.sourceSchema, config);
  const ddl = missingOf(definitions, facts.targetSchema).map(({ cql }) => cql);
  return {
    digest: digestOf(config, facts, tables),
    keyspace: config.source.keyspace,
    tables: tables.map((table) => plannedTable(table, facts)),
    definitions,
    ddl,
    connectors: datastaxConnectors(tables, config),
    nodeSetup: datastaxNodeSetup(config),
    findings: [
      ...unknownTables(ofKeyspace, config, facts.decided),
      ...lateTables(tables, facts),
      ...unmeantTables(ofKeyspace, tables, facts),
      ...schemaFindings(tables, config),
      ...keyspacesFindings(tables, config),
      ...agentFindings(config, facts),
      ...datastaxFindings(tables, facts.nodes, config),
      ...connectorFindings(tables, config),
      ...targetFindings(tables, facts, config),
    ],
    phases: phaseNames.map((phase: PhaseName) => stepsOf(phase, { config, tables, ddl, nodes: facts.nodes })),
  };
}

function wantedTables(tables: readonly Table[], config: Config, decided?: DecidedSchema): readonly Table[] {
  const { tables: wanted = ['*'], excludeTables } = config.source;
  const isMeant = (name: string, patterns: readonly string[]) => patterns.some((each) => matchesPattern(name, each));
  return tables
    .filter(({ name }) => isMeant(name, wanted) && !isMeant(name, excludeTables) && !decided?.stopped.includes(name))
    .map((table) => withoutColumns(table, decided?.leftOut.get(table.name) ?? []));
}

function missingOf(
  definitions: readonly TargetDefinition[],
  present: SchemaRows | undefined,
): readonly TargetDefinition[] {
  if (present === undefined) return definitions;
  const names = {
    keyspace: undefined,
    type: present.types.map((row) => row.type),
    table: present.tables.map((row) => row.table),
  };
  return definitions.filter(({ kind, name }) => kind !== 'keyspace' && !names[kind].includes(name));
}

function plannedTable(table: Table, { sizes }: PlanFacts): PlannedTable {
  const { partitions = 0, meanPartitionBytes = 0 } = sizes.get(table.name) ?? {};
  if (partitions === 0) return { table, estimatedPartitions: undefined, estimatedBytes: undefined };
  return { table, estimatedPartitions: partitions, estimatedBytes: partitions * meanPartitionBytes };
}

function unknownTables(
  tables: readonly Table[],
  { source }: Config,
  decided: DecidedSchema | undefined,
): readonly Finding[] {
  if (tables.length === 0)
    return [fault('tables', `tables in keyspace ${source.keyspace}`, 'none', 'check source.keyspace')];
  const names = tables.map((table) => table.name);
  const isKnown = (text: string) => names.some((name) => matchesPattern(name, text));
  return [
    ...(source.tables ?? [])
      .filter((text) => !isKnown(text) && !isDecidedElsewhere(text, decided))
      .map((text) =>
        fault(
          'tables',
          isPattern(text) ? `tables of ${source.keyspace} that ${text} means` : `a table ${source.keyspace}.${text}`,
          `only ${names.join(', ')}`,
          'mend source.tables',
        ),
      ),
    // One that is gone is left behind all the same; one that is misspelt is moved.
    ...source.excludeTables
      .filter((text) => !isKnown(text))
      .map(
        (text): Finding => ({
          severity: 'warning',
          check: 'tables',
          expected: `a table of ${source.keyspace} that ${text} of source.excludeTables means`,
          found: `only ${names.join(', ')}`,
          next: 'mend source.excludeTables, or remove it',
        }),
      ),
  ];
}

/** Of one that came later agents have not told from its beginning, and no snapshot reads it: the cutover would pass without its rows. */
function lateTables(tables: readonly Table[], { handedOver }: PlanFacts): readonly Finding[] {
  if (handedOver === undefined) return [];
  return tables
    .filter(({ name }) => !handedOver.includes(name))
    .map(({ name }) =>
      fault(
        'tables',
        'tables of the hand-over, which alone are moved',
        `${name}, which was not among them`,
        `name ${name} in source.excludeTables, and move it with a migration of another name`,
      ),
    );
}

/** One that is gone from the source waits for a decision; one that is only not meant any more, agents would pass over, and the rest would take it for moved. */
function unmeantTables(
  ofKeyspace: readonly Table[],
  tables: readonly Table[],
  { handedOver = [], decided }: PlanFacts,
): readonly Finding[] {
  const meant = new Set([...tables.map(({ name }) => name), ...(decided?.stopped ?? [])]);
  return ofKeyspace
    .filter(({ name }) => handedOver.includes(name) && !meant.has(name))
    .map(({ name }) =>
      fault(
        'tables',
        'every table of the hand-over to be meant, as it is moved until it is stopped',
        `${name}, which source.tables or source.excludeTables leaves out`,
        `put it back there; to leave it behind, cdcmig schema stop ${name}`,
      ),
    );
}

function isDecidedElsewhere(table: string, decided: DecidedSchema | undefined): boolean {
  return decided !== undefined && (decided.stopped.includes(table) || decided.waiting.includes(table));
}

function agentFindings(config: Config, { nodes }: PlanFacts): readonly Finding[] {
  const { feed, capture } = config;
  if (feed === 'datastax' && !agentToInstall(config)) return [];
  const configured = capture.agents.map((agent) => agent.node);
  const addresses = nodes.map((node) => node.address);
  return [
    ...nodes
      .filter((node) => !configured.includes(node.address))
      .map((node) =>
        fault(
          'agents',
          `an agent for node ${node.address}`,
          'none in capture.agents',
          'add one: its writes would be lost',
        ),
      ),
    ...configured
      .filter((node) => !addresses.includes(node))
      .map((node) =>
        fault(
          'agents',
          `capture.agents to name nodes of the cluster`,
          `${node}, which is none of ${addresses.join(', ')}`,
          'mend capture.agents',
        ),
      ),
  ];
}

function targetFindings(
  tables: readonly Table[],
  { targetSchema, decided }: PlanFacts,
  { target }: Config,
): readonly Finding[] {
  if (targetSchema === undefined)
    return target.kind === 'keyspaces' || target.replication
      ? []
      : [
          fault(
            'target keyspace',
            `keyspace ${target.keyspace} in the target`,
            'none',
            'create it, or set target.replication so that cdcmig does',
          ),
        ];
  const targets = new Map(tablesOf(targetSchema).map((table) => [table.name, table]));
  return tables
    .filter(({ name }) => !isDecidedElsewhere(name, decided))
    .flatMap((table) => {
      const other = targets.get(table.name);
      return other ? compareSchema(table, withoutColumns(other, decided?.leftOut.get(table.name) ?? [])) : [];
    });
}

function digestOf(config: Config, { sourceSchema, nodes }: PlanFacts, tables: readonly Table[]): string {
  const ids = new Set(tables.map((table) => table.id));
  const names = new Set(tables.map((table) => table.name));
  const relied = {
    migration: config.migration,
    source: config.source.keyspace,
    target: config.target.keyspace,
    pulsar: [config.pulsar.tenant, config.pulsar.namespace, config.pulsar.changesPartitions],
    mode: config.capture.mode,
    // Left out where it is ours, as in the digests of migrations that are under way.
    ...(config.feed === 'datastax' && { datastax: withoutLocalPaths(config.datastax) }),
    atCritical: config.capture.interlock.atCritical,
    window: Object.values(config.window).map(String),
    nodes: nodes.map((node) => node.hostId).sort(),
    ids: [...ids].sort(),
    columns: sourceSchema.columns
      .filter((column) => names.has(column.table))
      .map((column) => JSON.stringify(column))
      .sort(),
    types: sourceSchema.types.map((type) => JSON.stringify(type)).sort(),
  };
  return createHash('sha256').update(JSON.stringify(relied)).digest('hex').slice(0, 16);
}

/** Another machine may run the next phase. */
function withoutLocalPaths({ agent, connector, ...others }: Config['datastax']) {
  return {
    ...others,
    agent: agent && { ...agent, localJar: undefined },
    connector: connector && { ...connector, localArchive: undefined },
  };
}

function fault(check: string, expected: string, found: string, next: string): Finding {
  return { severity: 'fault', check, expected, found, next };
}
