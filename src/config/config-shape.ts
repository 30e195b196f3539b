import { z } from 'zod';
import { agentShape } from './agent-shape.ts';
import { datastaxAgentShape } from './datastax-agent-shape.ts';
import { datastaxConnectorShape } from './datastax-connector-shape.ts';
import { publishedPrices } from './prices.ts';
import { reference, text } from './written-value.ts';

const address = z.string().regex(/^\[?[\w.:-]+\]?:\d{1,5}$/, 'must be host:port');
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'must be lower-case letters, digits and dashes, 48 at most');

const login = {
  username: text.optional(),
  password: reference.optional(),
  tlsCaFile: text.optional(),
};

const units = z.int().min(1).max(40_000);
const price = z.number().min(0);

const cluster = z.strictObject({
  contactPoints: z.array(address).min(1),
  datacenter: text,
  keyspace: text,
  ...login,
});

const keyspaces = z.strictObject({
  kind: z.literal('keyspaces'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region of AWS'),
  keyspace: z.string().regex(/^[a-z0-9][a-z0-9_]{0,47}$/i, 'must be letters, digits and underscores, 48 at most'),
  /** Of the keyspace, if it is to have replicas in other Regions. */
  replicaRegions: z.array(text).optional(),
  /** Where CQL and the control plane are, if not at the Region's public endpoints. */
  endpoint: address.optional(),
  controlPlaneUrl: z
    .string()
    .regex(/^https?:\/\/.+/, 'must begin with http:// or https://')
    .optional(),
  /** Of AWS's configuration files; absent: what the environment says. */
  profile: text.optional(),
  /** Service-specific credentials for CQL, instead of a signature. */
  username: login.username,
  password: login.password,
  tlsCaFile: login.tlsCaFile,
  /** After which an answer counts as lost; Keyspaces itself gives up after ten seconds. */
  requestTimeoutMs: z.int().min(100).max(600_000).default(15_000),
  /** What one process may ask for; its connections are sized by it. */
  queriesPerSecond: z.int().min(1).max(1_000_000).default(4_000),
  tables: z
    .strictObject({
      /** Both or none: on demand. */
      readUnits: units.optional(),
      writeUnits: units.optional(),
      warmReadsPerSecond: units.optional(),
      warmWritesPerSecond: units.optional(),
      pointInTimeRecovery: z.boolean().default(false),
      kmsKey: z
        .string()
        .regex(/^arn:aws[\w-]*:kms:/, 'must be the ARN of a KMS key')
        .optional(),
      tags: z.record(text, z.string()).optional(),
    })
    .prefault({}),
  /** By which `cdcmig plan` counts, USD. Absent: those of us-east-1 as published. */
  prices: z
    .strictObject({
      writesPerMillion: price.default(publishedPrices.prices.writesPerMillion),
      readsPerMillion: price.default(publishedPrices.prices.readsPerMillion),
      writeUnitHour: price.default(publishedPrices.prices.writeUnitHour),
      readUnitHour: price.default(publishedPrices.prices.readUnitHour),
      storageGigabyteMonth: price.default(publishedPrices.prices.storageGigabyteMonth),
    })
    .prefault({}),
});

/** Of a topic's or a subscription's name. */
const topicWord = z.string().regex(/^[\w-]{1,64}$/, 'must be letters, digits, dashes and underscores');

/** The written shape of cdcmig.yaml. Descriptions become the comments of `cdcmig init`. */
export const configShape = z
  .strictObject({
    migration: name,
    source: cluster.extend({
      /** Names, or patterns with * and ?. Absent: every table of the keyspace. */
      tables: z.array(text).min(1).optional(),
      /** Names and patterns of tables that stay behind, whatever `tables` says. */
      excludeTables: z.array(text).min(1).optional(),
    }),
    target: z.discriminatedUnion('kind', [
      cluster.extend({
        kind: z.literal('cassandra').optional(),
        /** Of the target keyspace, if cdcmig is to create it. */
        replication: z.record(text, text).optional(),
      }),
      keyspaces,
    ]),
    pulsar: z.strictObject({
      serviceUrl: z.string().regex(/^pulsar(\+ssl)?:\/\/.+/, 'must begin with pulsar:// or pulsar+ssl://'),
      adminUrl: z.string().regex(/^https?:\/\/.+/, 'must begin with http:// or https://'),
      tenant: text.default('public'),
      /** Absent: cdcmig-<migration>. */
      namespace: text.optional(),
      token: reference.optional(),
      oauth2: z
        .strictObject({
          issuerUrl: z.string().regex(/^https?:\/\/.+/, 'must begin with https://'),
          keyFile: text,
          audience: text.optional(),
          scope: text.optional(),
        })
        .optional(),
      tlsCaFile: text.optional(),
      tlsCertFile: text.optional(),
      tlsKeyFile: text.optional(),
      changesPartitions: z.int().min(1).max(256).default(8),
    }),
    /** Whose agents tell of the changes: our own, or those of DataStax CDC. */
    feed: z.enum(['cdcmig', 'datastax']).default('cdcmig'),
    datastax: z
      .strictObject({
        /** The agents' keys, each row read again; or the images that a connector has read. */
        read: z.enum(['events', 'data']).default('events'),
        /** What the agents are told as topicPrefix, within the namespace. */
        topicPrefix: topicWord.default('events-'),
        dataTopicPrefix: topicWord.default('data-'),
        connectorSubscription: topicWord.default('cdcmig-connector'),
        eventsPartitions: z.int().min(1).max(64).default(3),
        settleSeconds: z.int().min(0).max(600).default(10),
        /** What every node needs for the agents; deploy-agent installs them if it is given their jar. */
        agent: datastaxAgentShape.optional(),
        connector: datastaxConnectorShape.optional(),
        /** Lines of Cassandra beside 4.0. */
        vouchedFor: z.array(z.string().regex(/^\d+\.\d+$/, 'must be like 4.1')).optional(),
      })
      .prefault({}),
    capture: z
      .strictObject({
        mode: z.enum(['commitlog', 'cdc']).default('commitlog'),
        /** One entry a node; or, in its place, a file with them. */
        agents: z.array(agentShape).default([]),
        inventory: text.optional(),
        /** Where nodes are restarted for cassandra.yaml. */
        restartAtOnce: z.enum(['node', 'rack']).default('node'),
        /** What an agent does when unpublished segments take `criticalPercent` of what they may. */
        atCritical: z.enum(['wait', 'release']).default('wait'),
        warnPercent: z.int().min(1).max(99).default(50),
        criticalPercent: z.int().min(1).max(100).default(80),
        folderCapMiB: z.int().min(64).default(20_480),
        visibilityDelayMs: z.int().min(0).max(60_000).default(1_000),
      })
      .prefault({}),
    workers: z
      .strictObject({
        /** Processes that `run` starts on this machine. */
        local: z.int().min(0).max(64).default(1),
        folder: text.default('.cdcmig/workers'),
        splitsAtOnce: z.int().min(1).max(64).default(4),
        writesInFlight: z.int().min(1).max(10_000).default(256),
      })
      .prefault({}),
    snapshot: z
      .strictObject({
        megabytesPerSplit: z.int().min(1).max(10_000).default(64),
        /** A page of the source that takes so many times as long as at best makes the copying rest; 0: never. */
        slowReadFactor: z.number().min(0).max(1_000).default(10),
        /** Compactions that wait on a node of the source above which nothing is read; 0: however many. */
        mostPendingCompactions: z.int().min(0).default(100),
        /** How single tables are copied; the first entry that means a table holds. */
        tables: z
          .array(
            z.strictObject({
              /** A name, or a pattern with * and ?. */
              table: text,
              rowsPerSecond: z.int().min(1).optional(),
              /** Tables of a lower number are copied before those of a higher one. */
              order: z.int().min(-1_000).max(1_000).default(0),
              /** False: no value of it was written with a TTL, and so none is asked for. */
              expires: z.boolean().default(true),
            }),
          )
          .default([]),
      })
      .prefault({}),
    validation: z
      .strictObject({
        /** By which the ends of a value on both sides may lie apart. */
        expirySeconds: z.int().min(0).max(86_400).default(2),
        /** That are read of each side. */
        rowsPerSecond: z.int().min(1).optional(),
      })
      .prefault({}),
    window: z
      .strictObject({
        pastHours: z.number().positive().max(48).default(48),
        futureMinutes: z.number().positive().max(5).default(5),
        reserveHours: z.number().positive().default(4),
      })
      .prefault({}),
    /** What the operator knows and takes on. */
    accept: z
      .array(z.strictObject({ table: text, what: z.enum(['unprovable-expiry', 'future-write-times']), reason: text }))
      .default([]),
  })
  .refine(({ feed, capture }) => feed === 'datastax' || namesAgents(capture), {
    path: ['capture'],
    error: 'must name the agents of the nodes, or an inventory of them (or feed: datastax)',
    // Also when other sections have faults: all of them are told at once.
    when: ({ issues }) => !issues.some(({ path }) => path?.[0] === 'capture'),
  });

/** Undefined where other faults kept it from being read. */
function namesAgents(
  capture: { readonly agents: readonly unknown[]; readonly inventory?: string | undefined } | undefined,
) {
  return capture?.inventory !== undefined || (capture?.agents.length ?? 0) > 0;
}

export type WrittenConfig = z.infer<typeof configShape>;
