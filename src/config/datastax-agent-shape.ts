import { z } from 'zod';
import { sha256, text } from './written-value.ts';

const count = z.int().min(0);

/** The agent takes the key store's path for the trust store's, and ignores the trust store's. */
const mixedUp = z
  .never({ error: 'is mixed up in the agent (2.3.9): name a PEM file in tlsTrustCertsFilePath instead' })
  .optional();

/** Parameters of the DataStax agent 2.3.9. `topicPrefix` follows from the rest of the configuration. */
export const datastaxAgentShape = z.strictObject({
  /** Where the jar lies on every node, for those who set up the nodes themselves. */
  jar: z
    .string()
    .regex(/^\/.+\.jar$/, 'must be an absolute path of a jar on the nodes')
    .optional(),
  /** In its place, on this machine: deploy-agent brings it to every node, and sets the nodes up for it. */
  localJar: z
    .string()
    .regex(/.\.jar$/, 'must be a jar')
    .optional(),
  sha256: sha256.optional(),
  cdcWorkingDir: text.optional(),
  cdcPollIntervalMs: count.optional(),
  errorCommitLogReprocessEnabled: z.boolean().optional(),
  cdcConcurrentProcessors: z.int().min(-1).optional(),
  maxInflightMessagesPerTask: count.min(1).optional(),
  /** Absent: pulsar.serviceUrl. */
  pulsarServiceUrl: z
    .string()
    .regex(/^pulsar(\+ssl)?:\/\/.+/, 'must begin with pulsar:// or pulsar+ssl://')
    .optional(),
  pulsarBatchDelayInMs: z.int().min(-1).optional(),
  pulsarKeyBasedBatcher: z.boolean().optional(),
  pulsarMaxPendingMessages: count.min(1).optional(),
  pulsarMemoryLimitBytes: count.optional(),
  pulsarAuthPluginClassName: text.optional(),
  /** A file: what stands here is in the environment of every node. */
  pulsarAuthParams: z
    .string()
    .regex(/^file:\/.+/, 'must be file:///path on the nodes, so that no secret stands in their environment')
    .optional(),
  sslProvider: text.optional(),
  sslCipherSuites: text.optional(),
  sslEnabledProtocols: text.optional(),
  sslAllowInsecureConnection: z.boolean().optional(),
  sslHostnameVerificationEnable: z.boolean().optional(),
  tlsTrustCertsFilePath: text.optional(),
  sslTruststorePath: mixedUp,
  sslTruststorePassword: mixedUp,
  sslTruststoreType: mixedUp,
  sslKeystorePath: mixedUp,
  sslKeystorePassword: mixedUp,
  useKeyStoreTls: mixedUp,
});

export type DatastaxAgentSettings = z.infer<typeof datastaxAgentShape>;
