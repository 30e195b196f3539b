import type { Config } from '../config/config.ts';
import type { DatastaxAgentSettings } from '../config/datastax-agent-shape.ts';
import { topicRoot } from '../model/topics.ts';

/** What every node needs for the DataStax agent; the same on all of them. */
export interface NodeSetup {
  /** Exported where Cassandra is started (cassandra-env.sh). */
  readonly environment: Readonly<Record<string, string>>;
  /** Added to JVM_OPTS; absent where deploy-agent brings the jar, to each node's own folder. */
  readonly jvmOption?: string;
  /** Laid over cassandra.yaml. */
  readonly cassandraYaml: Readonly<Record<string, boolean>>;
}

/** Undefined without `datastax.agent`. */
export function datastaxNodeSetup({ feed, datastax, pulsar }: Config): NodeSetup | undefined {
  const { agent, topicPrefix } = datastax;
  if (feed !== 'datastax' || agent === undefined) return undefined;
  const { jar, localJar: _, sha256: __, pulsarServiceUrl: serviceUrl = pulsar.serviceUrl, ...parameters } = agent;
  const isEncrypted = serviceUrl.startsWith('pulsar+ssl://');
  const settings: Parameters = {
    // The agent's own default asks nobody's name.
    ...(isEncrypted && { sslHostnameVerificationEnable: true }),
    ...parameters,
  };
  const own = Object.entries(settings).map(([name, value]) => [variables[name as keyof Parameters], `${value}`]);
  return {
    environment: {
      CDC_PULSAR_SERVICE_URL: serviceUrl,
      CDC_TOPIC_PREFIX: `${topicRoot(pulsar)}${topicPrefix}`,
      ...Object.fromEntries(own),
    },
    ...(jar !== undefined && { jvmOption: javaAgent(jar) }),
    cassandraYaml: { cdc_enabled: true },
  };
}

/** Bare: a parameter that the agent does not know keeps the node from starting. */
export function javaAgent(jar: string): string {
  return `-javaagent:${jar}`;
}

type Parameters = Omit<
  DatastaxAgentSettings,
  | ('jar' | 'localJar' | 'sha256' | 'pulsarServiceUrl')
  // Refused: see datastax-agent-shape.ts.
  | ('sslTruststorePath' | 'sslTruststorePassword' | 'sslTruststoreType')
  | ('sslKeystorePath' | 'sslKeystorePassword' | 'useKeyStoreTls')
>;

/** As the agent's code has them; its own page of them names some otherwise. */
const variables: Readonly<Record<keyof Parameters, string>> = {
  cdcWorkingDir: 'CDC_WORKING_DIR',
  cdcPollIntervalMs: 'CDC_DIR_POLL_INTERVAL_MS',
  errorCommitLogReprocessEnabled: 'CDC_ERROR_COMMITLOG_REPROCESS_ENABLED',
  cdcConcurrentProcessors: 'CDC_CONCURRENT_PROCESSORS',
  maxInflightMessagesPerTask: 'CDC_MAX_INFLIGHT_MESSAGES_PER_TASK',
  pulsarBatchDelayInMs: 'CDC_PULSAR_BATCH_DELAY_IN_MS',
  pulsarKeyBasedBatcher: 'CDC_PULSAR_KEY_BASED_BATCHER',
  pulsarMaxPendingMessages: 'CDC_PULSAR_MAX_PENDING_MESSAGES',
  pulsarMemoryLimitBytes: 'CDC_PULSAR_MEMORY_LIMIT_BYTES',
  pulsarAuthPluginClassName: 'CDC_PULSAR_AUTH_PLUGIN_CLASS_NAME',
  pulsarAuthParams: 'CDC_PULSAR_AUTH_PARAMS',
  sslProvider: 'CDC_SSL_PROVIDER',
  sslCipherSuites: 'CDC_SSL_CIPHER_SUITES',
  sslEnabledProtocols: 'CDC_SSL_ENABLED_PROTOCOLS',
  sslAllowInsecureConnection: 'CDC_SSL_ALLOW_INSECURE_CONNECTION',
  sslHostnameVerificationEnable: 'CDC_SSL_HOSTNAME_VERIFICATION_ENABLE',
  tlsTrustCertsFilePath: 'CDC_TLS_TRUST_CERTS_FILE_PATH',
};
