import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/read-config.ts';
import { datastaxNodeSetup } from '../../src/plan/datastax-agent.ts';

const setupOf = (agent: string, serviceUrl = 'pulsar://p:6650', feed = 'feed: datastax') =>
  datastaxNodeSetup(
    parseConfig(
      `
migration: moving
source: { contactPoints: ['10.0.0.1:9042'], datacenter: dc1, keyspace: shop }
target: { contactPoints: ['10.1.0.1:9042'], datacenter: dc1, keyspace: shop }
pulsar: { serviceUrl: '${serviceUrl}', adminUrl: 'http://p:8080' }
${feed}
datastax: { agent: ${agent} }
`,
      '/conf/cdcmig.yaml',
    ),
  );
const jar = '/opt/cdc/agent-c4-2.3.9-all.jar';

describe('what a node needs for the DataStax agent', () => {
  test('is where to publish, the jar without a parameter, and CDC', () => {
    expect(setupOf(`{ jar: ${jar} }`)).toEqual({
      environment: {
        CDC_PULSAR_SERVICE_URL: 'pulsar://p:6650',
        CDC_TOPIC_PREFIX: 'persistent://public/cdcmig-moving/events-',
      },
      jvmOption: `-javaagent:${jar}`,
      cassandraYaml: { cdc_enabled: true },
    });
  });

  test('has the names that the agent’s code has', () => {
    const setup = setupOf(`{ jar: ${jar}, cdcPollIntervalMs: 5000, pulsarBatchDelayInMs: -1, sslProvider: JDK }`);
    expect(setup!.environment).toMatchObject({
      CDC_DIR_POLL_INTERVAL_MS: '5000',
      CDC_PULSAR_BATCH_DELAY_IN_MS: '-1',
      CDC_SSL_PROVIDER: 'JDK',
    });
  });

  test('asks for the broker’s name where it is encrypted, unless told otherwise', () => {
    const name = 'CDC_SSL_HOSTNAME_VERIFICATION_ENABLE';
    const url = 'pulsar+ssl://p:6651';
    expect(setupOf(`{ jar: ${jar} }`)!.environment).not.toHaveProperty(name);
    expect(setupOf(`{ jar: ${jar} }`, url)!.environment[name]).toBe('true');
    expect(setupOf(`{ jar: ${jar}, sslHostnameVerificationEnable: false }`, url)!.environment[name]).toBe('false');
  });

  test.each([
    ['a key store, whose settings 2.3.9 mixes up', 'sslTruststorePath: /t.jks'],
    ['a parameter that the agent does not know', 'pulsarServiceURL: x'],
    ['a secret in the environment', 'pulsarAuthParams: "token:abc"'],
    ['what follows from the rest', 'topicPrefix: events-'],
  ])('refuses %s', (_, parameter) => {
    expect(() => setupOf(`{ jar: ${jar}, ${parameter} }`)).toThrow();
  });

  test('publishes where the nodes see the brokers, and asks for their name as that says', () => {
    const setup = setupOf(`{ jar: ${jar}, pulsarServiceUrl: 'pulsar+ssl://inside:6651' }`)!;
    expect(setup.environment).toMatchObject({
      CDC_PULSAR_SERVICE_URL: 'pulsar+ssl://inside:6651',
      CDC_SSL_HOSTNAME_VERIFICATION_ENABLE: 'true',
    });
  });

  test('is nothing without a jar', () => {
    expect(() => setupOf('{}')).toThrow();
  });
});
