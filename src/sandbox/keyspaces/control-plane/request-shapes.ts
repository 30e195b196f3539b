import { z } from 'zod';
import { viewTypes } from '../state/table-settings.ts';

/** The parts that inputs of several operations share (API version 2022-02-10). Unknown members are let be, as AWS does. */
export const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_]{0,47}$/);
const units = z.int().min(1);
const status = z.enum(['ENABLED', 'DISABLED']);
const onlyEnabled = z.object({ status: z.literal('ENABLED') });

export const ofKeyspace = z.object({ keyspaceName: name });
export const ofTable = z.object({ keyspaceName: name, tableName: name });
export const ofType = z.object({ keyspaceName: name, typeName: name });
export const page = z.object({ maxResults: z.int().min(1).max(1000).optional(), nextToken: z.string().optional() });
export const ofResource = z.object({ resourceArn: z.string().min(20).max(1000) });

export const tags = z.array(z.object({ key: z.string(), value: z.string() })).min(1);

export const replication = z.discriminatedUnion('replicationStrategy', [
  z.object({ replicationStrategy: z.literal('SINGLE_REGION') }),
  z.object({ replicationStrategy: z.literal('MULTI_REGION'), regionList: z.array(z.string()).min(2) }),
]);

export const columns = z.array(z.object({ name: z.string().min(1), type: z.string().min(1) })).min(1);

export const schemaDefinition = z.object({
  allColumns: columns,
  partitionKeys: z.array(z.object({ name: z.string() })).min(1),
  clusteringKeys: z.array(z.object({ name: z.string(), orderBy: z.enum(['ASC', 'DESC']) })).optional(),
  staticColumns: z.array(z.object({ name: z.string() })).optional(),
});

const autoScaling = z.object({
  autoScalingDisabled: z.boolean().default(false),
  minimumUnits: units.optional(),
  maximumUnits: units.optional(),
  scalingPolicy: z
    .object({
      targetTrackingScalingPolicyConfiguration: z
        .object({
          targetValue: z.number(),
          disableScaleIn: z.boolean().optional(),
          scaleInCooldown: z.int().optional(),
          scaleOutCooldown: z.int().optional(),
        })
        .optional(),
    })
    .optional(),
});
export type AutoScalingShape = z.infer<typeof autoScaling>;

/** What both a new table and a change may set. */
export const settings = z.object({
  capacitySpecification: z
    .discriminatedUnion('throughputMode', [
      z.object({ throughputMode: z.literal('PAY_PER_REQUEST') }),
      z.object({ throughputMode: z.literal('PROVISIONED'), readCapacityUnits: units, writeCapacityUnits: units }),
    ])
    .optional(),
  encryptionSpecification: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('AWS_OWNED_KMS_KEY') }),
      z.object({ type: z.literal('CUSTOMER_MANAGED_KMS_KEY'), kmsKeyIdentifier: z.string() }),
    ])
    .optional(),
  pointInTimeRecovery: z.object({ status }).optional(),
  ttl: onlyEnabled.optional(),
  defaultTimeToLive: z.int().min(0).optional(),
  clientSideTimestamps: onlyEnabled.optional(),
  autoScalingSpecification: z
    .object({ readCapacityAutoScaling: autoScaling.optional(), writeCapacityAutoScaling: autoScaling.optional() })
    .optional(),
  replicaSpecifications: z
    .array(
      z.object({
        region: z.string(),
        readCapacityUnits: units.optional(),
        readCapacityAutoScaling: autoScaling.optional(),
      }),
    )
    .optional(),
  cdcSpecification: z
    .object({
      status,
      viewType: z.enum(viewTypes).default('NEW_AND_OLD_IMAGES'),
      tags: tags.optional(),
      propagateTags: z.enum(['TABLE', 'NONE']).default('NONE'),
    })
    .optional(),
  warmThroughputSpecification: z
    .object({ readUnitsPerSecond: units.optional(), writeUnitsPerSecond: units.optional() })
    .optional(),
});
export type SettingsShape = z.infer<typeof settings>;
