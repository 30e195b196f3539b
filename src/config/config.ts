import { isAbsolute, resolve } from 'node:path';
import type { PulsarSettings } from '../model/agent-settings.ts';
import type { KeyspacesSettings } from '../model/target-definition.ts';
import type { TimestampWindow } from '../model/write-timestamp.ts';
import { type AgentConfig, agentConfigOf } from './agent-config.ts';
import type { WrittenAgent } from './agent-shape.ts';
import type { WrittenConfig } from './config-shape.ts';
import type { DatastaxAgentSettings } from './datastax-agent-shape.ts';
import type { Prices } from './prices.ts';

/** The configuration as the rest of the program uses it: defaults filled in, paths absolute, units in names. */
export interface Config {
  readonly migration: string;
  readonly source: ClusterConfig & {
    /** Names and patterns; undefined: every table of the keyspace. */
    readonly tables: readonly string[] | undefined;
    readonly excludeTables: readonly string[];
  };
  readonly target: CassandraTarget | KeyspacesTarget;
  readonly pulsar: PulsarSettings & { readonly changesPartitions: number };
  readonly feed: 'cdcmig' | 'datastax';
  readonly datastax: {
    readonly read: 'events' | 'data';
    readonly topicPrefix: string;
    readonly dataTopicPrefix: string;
    /** Of the connector, on the events topics. */
    readonly connectorSubscription: string;
    readonly eventsPartitions: number;
    readonly settleMs: number;
    /** Lines of Cassandra for which the operator has an agent that he vouches for. */
    readonly vouchedFor: readonly string[];
    readonly agent: DatastaxAgentSettings | undefined;
    /** Undefined: the operator creates the connectors. */
    readonly connector: WrittenConfig['datastax']['connector'];
  };
  readonly capture: {
    readonly mode: 'commitlog' | 'cdc';
    readonly agents: readonly AgentConfig[];
    /** What is away at the same time where nodes are restarted. */
    readonly restartAtOnce: 'node' | 'rack';
    readonly folderCapBytes: number;
    readonly interlock: {
      readonly atCritical: 'wait' | 'release';
      /** Shares, 0 to 1. */
      readonly warnAt: number;
      readonly criticalAt: number;
    };
    readonly visibilityDelayMs: number;
  };
  readonly workers: {
    readonly local: number;
    readonly folder: string;
    readonly splitsAtOnce: number;
    readonly writesInFlight: number;
  };
  readonly snapshot: {
    readonly bytesPerSplit: number;
    /** 0: never. */
    readonly slowReadFactor: number;
    /** 0: however many. */
    readonly mostPendingCompactions: number;
    /** See table-copying.ts. */
    readonly tables: WrittenConfig['snapshot']['tables'];
  };
  readonly validation: {
    readonly expiryTolerance: number;
    readonly rowsPerSecond: number | undefined;
  };
  readonly window: TimestampWindow;
  readonly accept: WrittenConfig['accept'];
}

interface CassandraTarget extends ClusterConfig {
  readonly kind: 'cassandra';
  readonly replication: Readonly<Record<string, string>> | undefined;
}

export interface KeyspacesTarget {
  readonly kind: 'keyspaces';
  readonly region: string;
  readonly keyspace: string;
  readonly replicaRegions: readonly string[];
  readonly endpoint: { readonly host: string; readonly port: number } | undefined;
  readonly controlPlaneUrl: string | undefined;
  readonly profile: string | undefined;
  readonly username: string | undefined;
  /** A reference; read only where a connection is opened. */
  readonly password: string | undefined;
  readonly tlsCaFile: string | undefined;
  readonly requestTimeoutMs: number;
  readonly queriesPerSecond: number;
  readonly settings: KeyspacesSettings;
  readonly prices: Prices;
}

export interface ClusterConfig {
  readonly contactPoints: readonly { readonly host: string; readonly port: number }[];
  readonly datacenter: string;
  readonly keyspace: string;
  readonly username: string | undefined;
  /** A reference; read only where a connection is opened. */
  readonly password: string | undefined;
  readonly tlsCaFile: string | undefined;
}

const microsPerMinute = 60_000_000;

/** Relative paths are relative to the folder of the configuration, those of an inventory too. */
export function normaliseConfig(
  written: WrittenConfig,
  folder: string,
  agents: readonly WrittenAgent[] = written.capture.agents,
): Config {
  const { source, target, pulsar, datastax, capture, workers, snapshot, validation, window } = written;
  const path = (text: string) => (isAbsolute(text) ? text : resolve(folder, text));
  return {
    migration: written.migration,
    source: { ...clusterOf(source, path), tables: source.tables, excludeTables: source.excludeTables ?? [] },
    target: targetOf(target, path),
    pulsar: pulsarOf(pulsar, written.migration, path),
    feed: written.feed,
    datastax: {
      read: datastax.read,
      topicPrefix: datastax.topicPrefix,
      dataTopicPrefix: datastax.dataTopicPrefix,
      connectorSubscription: datastax.connectorSubscription,
      eventsPartitions: datastax.eventsPartitions,
      settleMs: datastax.settleSeconds * 1000,
      vouchedFor: datastax.vouchedFor ?? [],
      agent: datastax.agent && {
        ...datastax.agent,
        localJar: datastax.agent.localJar && path(datastax.agent.localJar),
      },
      connector: datastax.connector && {
        ...datastax.connector,
        localArchive: datastax.connector.localArchive && path(datastax.connector.localArchive),
      },
    },
    capture: {
      // The DataStax agent reads what the node's own CDC keeps.
      mode: written.feed === 'datastax' ? 'cdc' : capture.mode,
      agents: agents.map((agent) => agentConfigOf(agent, path)),
      restartAtOnce: capture.restartAtOnce,
      folderCapBytes: capture.folderCapMiB * 2 ** 20,
      interlock: {
        atCritical: capture.atCritical,
        warnAt: capture.warnPercent / 100,
        criticalAt: capture.criticalPercent / 100,
      },
      visibilityDelayMs: capture.visibilityDelayMs,
    },
    workers: { ...workers, folder: path(workers.folder) },
    snapshot: {
      bytesPerSplit: snapshot.megabytesPerSplit * 1_000_000,
      slowReadFactor: snapshot.slowReadFactor,
      mostPendingCompactions: snapshot.mostPendingCompactions,
      tables: snapshot.tables,
    },
    validation: { expiryTolerance: validation.expirySeconds, rowsPerSecond: validation.rowsPerSecond },
    window: {
      pastMicros: BigInt(Math.round(window.pastHours * 60 * microsPerMinute)),
      futureMicros: BigInt(Math.round(window.futureMinutes * microsPerMinute)),
      reserveMicros: BigInt(Math.round(window.reserveHours * 60 * microsPerMinute)),
    },
    accept: written.accept,
  };
}

function pulsarOf(written: WrittenConfig['pulsar'], migration: string, path: (text: string) => string) {
  const { token, oauth2, tlsCaFile, tlsCertFile, tlsKeyFile, namespace = `cdcmig-${migration}`, ...others } = written;
  return {
    ...others,
    namespace,
    ...(token !== undefined && { token }),
    ...(tlsCaFile !== undefined && { tlsCaFile: path(tlsCaFile) }),
    ...(tlsCertFile !== undefined && { tlsCertFile: path(tlsCertFile) }),
    ...(tlsKeyFile !== undefined && { tlsKeyFile: path(tlsKeyFile) }),
    ...(oauth2 && { oauth2: { ...oauth2, keyFile: path(oauth2.keyFile) } }),
  };
}

function targetOf(written: WrittenConfig['target'], path: (text: string) => string): Config['target'] {
  if (written.kind !== 'keyspaces')
    return { ...clusterOf(written, path), kind: 'cassandra', replication: written.replication };
  const { tables, endpoint, ...others } = written;
  return {
    ...others,
    endpoint: endpoint === undefined ? undefined : contactPointOf(endpoint),
    replicaRegions: written.replicaRegions ?? [],
    controlPlaneUrl: written.controlPlaneUrl,
    profile: written.profile,
    username: written.username,
    password: written.password,
    tlsCaFile: written.tlsCaFile && path(written.tlsCaFile),
    settings: settingsOf(tables),
  };
}

type WrittenTables = Extract<WrittenConfig['target'], { kind: 'keyspaces' }>['tables'];

/** config-rules.ts refuses half of a pair. */
function settingsOf(tables: WrittenTables): KeyspacesSettings {
  const { readUnits, writeUnits, warmReadsPerSecond: reads, warmWritesPerSecond: writes, kmsKey } = tables;
  return {
    capacity:
      readUnits === undefined && writeUnits === undefined
        ? { mode: 'on-demand' }
        : { mode: 'provisioned', readUnits: readUnits ?? 0, writeUnits: writeUnits ?? 0 },
    ...((reads !== undefined || writes !== undefined) && {
      warmThroughput: { readUnitsPerSecond: reads ?? 0, writeUnitsPerSecond: writes ?? 0 },
    }),
    pointInTimeRecovery: tables.pointInTimeRecovery,
    ...(kmsKey !== undefined && { kmsKey }),
    tags: tables.tags ?? {},
  };
}

function clusterOf(
  written: Omit<WrittenConfig['source'], 'tables' | 'excludeTables'>,
  path: (text: string) => string,
): ClusterConfig {
  return {
    contactPoints: written.contactPoints.map(contactPointOf),
    datacenter: written.datacenter,
    keyspace: written.keyspace,
    username: written.username,
    password: written.password,
    tlsCaFile: written.tlsCaFile && path(written.tlsCaFile),
  };
}

function contactPointOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
