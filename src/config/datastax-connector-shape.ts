import { z } from 'zod';
import { sha256, text } from './written-value.ts';

/** Settings of the source connector 2.3.9 but those that follow from the rest of the configuration. */
const ownSettings =
  /^(columns|batch\.size|query\.(executors|maxMobileAvgLatency|minMobileAvgLatency|backoffInMs|maxBackoffInSec)|cache\.(max\.digest|max\.capacity|expire\.after\.ms|only_if_coordinator_match)|cloud\.secureConnectBundle|auth\.(provider|username|password|gssapi\.(keyTab|principal|service))|ssl\.(provider|hostnameValidation|truststore\.(path|password)|keystore\.(path|password)|openssl\.(keyCertChain|privateKey)|cipherSuites)|queryExecutionTimeout|connectionPoolLocalSize|compression|metricsHighestLatency|jmx|jmxConnectorDomain|datastax-java-driver\..+)$/;
const secrets = /(^|\.)(password)$/;

/** The connectors that start-source creates, or verifies where they are there. */
export const datastaxConnectorShape = z.strictObject({
  /** On this machine; or, in its place, what is built into Pulsar's functions worker. */
  localArchive: z
    .string()
    .regex(/.\.nar$/, 'must be a nar')
    .optional(),
  sha256: sha256.optional(),
  builtin: z
    .string()
    .regex(/^[\w-]+$/, 'must be the name of a built-in connector')
    .optional(),
  /** What the operator knows of his functions workers, since they do not tell. */
  runtime: z.enum(['process', 'kubernetes'], {
    error:
      'must be process or kubernetes: in the thread runtime a connector that restarts leaves its consumer behind, which goes on taking events',
  }),
  /** Without write times (json) nothing can be applied. */
  outputFormat: z
    .enum(['key-value-avro', 'key-value-json'], {
      error: 'must be key-value-avro or key-value-json: json has no write times',
    })
    .default('key-value-avro'),
  parallelism: z.int().min(1).max(64).default(1),
  settings: z
    .record(
      z.string().regex(ownSettings, 'is no setting of the connector, or follows from the rest of the configuration'),
      z.union([text, z.number(), z.boolean()]),
    )
    .refine(
      (settings) =>
        Object.entries(settings).every(([key, value]) => !secrets.test(key) || /^env:\w+$/.test(String(value))),
      'must have passwords as env:NAME, which the functions worker reads of its own environment',
    )
    .optional(),
});
