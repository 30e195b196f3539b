import { basename } from 'node:path';
import type { Sentence } from '../errors.ts';
import { agentToInstall } from './agent-to-install.ts';
import { archiveName, compareVersions, oldestRelease } from './archive-version.ts';
import type { Config } from './config.ts';
import { fault, oneOf, together } from './fault.ts';

/** What the shape cannot say of `datastax`, all at once. */
export function datastaxFaults(config: Config): readonly Sentence[] {
  const { feed, datastax, capture } = config;
  const { jar, localJar, sha256 } = datastax.agent ?? {};
  const installed = agentToInstall(config);
  return [
    ...(datastax.agent ? oneOf(whereTheJarIs, jar, localJar) : []),
    ...together('datastax.agent.localJar and datastax.agent.sha256', localJar, sha256, 'add the other'),
    ...(installed ? installationFaults(config, installed.localJar) : []),
    ...(installed || feed !== 'datastax' || capture.agents.length === 0
      ? []
      : [
          fault(
            'datastax.agent.localJar, or no capture.agents with feed: datastax',
            `${capture.agents.length} of them, and nothing to install there`,
            'add the jar, which deploy-agent then installs on these nodes; or remove capture.agents',
          ),
        ]),
    ...(installed ? [] : editedForNothing(config)),
    ...(feed === 'datastax' && datastax.connector ? connectorFaults(config, datastax.connector) : []),
  ];
}

const whereTheJarIs = 'datastax.agent.jar, which is on the nodes, or datastax.agent.localJar, to be brought there';

function installationFaults(config: Config, localJar: string): readonly Sentence[] {
  return [...releaseFaults(localJar), ...pathFaults(config, localJar), ...loginFaults(config), ...nodeFaults(config)];
}

function connectorFaults(
  { source, datastax }: Config,
  { localArchive, sha256, builtin, settings = {} }: NonNullable<Config['datastax']['connector']>,
): readonly Sentence[] {
  const name = localArchive === undefined ? undefined : archiveName(localArchive);
  return [
    ...(datastax.read === 'data'
      ? []
      : [fault('no datastax.connector with read: events', 'one', 'remove it, or set datastax.read: data')]),
    ...oneOf('datastax.connector.localArchive or datastax.connector.builtin', localArchive, builtin),
    ...together('datastax.connector.localArchive and datastax.connector.sha256', localArchive, sha256, 'add the other'),
    ...(!name || (name.product === 'pulsar-cassandra-source' && compareVersions(name.version, oldestRelease) >= 0)
      ? []
      : [
          fault(
            `pulsar-cassandra-source ${oldestRelease} or later in datastax.connector.localArchive`,
            `${name.product} ${name.version}, by its name`,
            'take 2.3.9, or a later one',
          ),
        ]),
    ...(source.username !== undefined && settings['auth.password'] === undefined
      ? [
          fault(
            'auth.password in datastax.connector.settings, since the source asks for a login',
            'none',
            'give the functions workers the password in an environment variable, and name it: env:NAME',
          ),
        ]
      : []),
    ...(source.tlsCaFile !== undefined && settings['ssl.provider'] === undefined
      ? [
          fault(
            'ssl.provider in datastax.connector.settings, since the source is encrypted',
            'none',
            'set ssl.provider: JDK and ssl.truststore.path, as the workers see it',
          ),
        ]
      : []),
  ];
}

function releaseFaults(localJar: string): readonly Sentence[] {
  const name = archiveName(localJar);
  if (!name) return [];
  const { product, version } = name;
  return [
    ...(product === 'agent-c4'
      ? []
      : [fault('an agent-c4 in datastax.agent.localJar, which is for Cassandra 4.0', product, 'take the other jar')]),
    ...(compareVersions(version, oldestRelease) >= 0
      ? []
      : [
          fault(
            `agent-c4 ${oldestRelease} or later in datastax.agent.localJar`,
            `${version}, by its name`,
            'take 2.3.9, or a later one',
          ),
        ]),
  ];
}

/** It stands unquoted on Java's command line, where everything behind a `=` would be the agent's parameters. */
function pathFaults({ capture }: Config, localJar: string): readonly Sentence[] {
  const names = [...capture.agents.map(({ folder }) => folder), basename(localJar)];
  return names
    .filter((name) => !/^[\w./+-]+$/.test(name))
    .map((name) =>
      fault('folders of nodes and a name of the jar with letters, digits and ./_+- only', name, 'take another name'),
    );
}

/** What lets us in does not let the agents in: their environment must say it in their own words. */
function loginFaults({ pulsar, datastax }: Config): readonly Sentence[] {
  const { pulsarAuthPluginClassName, pulsarAuthParams, tlsTrustCertsFilePath, pulsarServiceUrl } = datastax.agent!;
  const asksForLogin = pulsar.token !== undefined || pulsar.oauth2 !== undefined || pulsar.tlsCertFile !== undefined;
  const isEncrypted = (pulsarServiceUrl ?? pulsar.serviceUrl).startsWith('pulsar+ssl://');
  return [
    ...(asksForLogin && (pulsarAuthPluginClassName === undefined || pulsarAuthParams === undefined)
      ? [
          fault(
            'datastax.agent.pulsarAuthPluginClassName and pulsarAuthParams, since Pulsar asks for a login',
            'not both of them',
            'add them: for a token org.apache.pulsar.client.impl.auth.AuthenticationToken and its file on the nodes',
          ),
        ]
      : []),
    ...(isEncrypted && pulsar.tlsCaFile !== undefined && tlsTrustCertsFilePath === undefined
      ? [
          fault(
            'datastax.agent.tlsTrustCertsFilePath, since pulsar.tlsCaFile is needed to trust the brokers',
            'none',
            'put that PEM file on every node and name it',
          ),
        ]
      : []),
  ];
}

function nodeFaults({ capture }: Config): readonly Sentence[] {
  if (capture.agents.length === 0)
    return [
      fault('the nodes in capture.agents or capture.inventory, for datastax.agent.localJar', 'none', 'name them'),
    ];
  return capture.agents.flatMap((agent) => [
    ...(['cassandraYaml', 'cassandraEnv'] as const)
      .filter((key) => agent[key] === undefined)
      .map((key) =>
        fault(`${key} of node ${agent.node}, to install the DataStax agent`, 'none', 'add its path on the node'),
      ),
    ...(agent.supervisor === 'process' && agent.nodeBinary === undefined
      ? []
      : [
          fault(
            `no supervisor and no nodeBinary for node ${agent.node}: the DataStax agent runs inside of Cassandra`,
            'one of them',
            'remove it',
          ),
        ]),
  ]);
}

/** Nobody would look at it. */
function editedForNothing({ capture }: Config): readonly Sentence[] {
  return capture.agents
    .filter(({ cassandraEnv }) => cassandraEnv !== undefined)
    .map(({ node }) =>
      fault(`no cassandraEnv for node ${node} without datastax.agent.localJar`, 'one', 'remove it, or add the jar'),
    );
}
