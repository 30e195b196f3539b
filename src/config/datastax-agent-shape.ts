import { z } from 'zod';

const count = z.int().min(0);
const text = z.string().min(1);

/**
 * Parameters of the DataStax agent 2.3.9. Those of key stores are missing: it takes the key store's path for the trust
 * store's, and a PEM file does the same. `topicPrefix` and `pulsarServiceUrl` follow from the rest of the configuration.
 */
export const datastaxAgentShape = z.strictObject({
  /** Where the jar lies on every node. */
  jar: z.string().regex(/^\/.+\.jar$/, 'must be an absolute path of a jar on the nodes'),
  cdcWorkingDir: text.optional(),
  cdcPollIntervalMs: count.optional(),
  errorCommitLogReprocessEnabled: z.boolean().optional(),
  cdcConcurrentProcessors: z.int().min(-1).optional(),
  maxInflightMessagesPerTask: count.min(1).optional(),
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
});

export type DatastaxAgentSettings = z.infer<typeof datastaxAgentShape>;
