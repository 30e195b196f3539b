import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CassandraLine } from './sandbox-release.ts';
import { sandboxTemplate } from './sandbox-release.ts';
import type { SandboxNode } from './sandbox-state.ts';
import { fastJvm, openPackages, type ServerArguments, smallJvm } from './server-arguments.ts';

export interface CassandraStart {
  readonly line: CassandraLine;
  readonly jars: readonly string[];
  readonly isAlone: boolean;
  readonly isFast?: boolean;
}

/** The arguments that start Cassandra on Java 17 from its jars alone: no `bin`, no `conf`. */
export function cassandraArguments(node: SandboxNode, start: CassandraStart): ServerArguments {
  return {
    jvm: [
      ...(start.isFast ? ['-Xms1g', '-Xmx2g', ...fastJvm] : ['-Xms64m', '-Xmx768m', ...smallJvm]),
      '-Xss384k',
      ...openPackages('--add-exports', exportedPackages),
      ...openPackages('--add-opens', openedPackages),
      ...(start.line === '5.0' ? [] : beforeFive(start.jars)),
      `-Dcassandra.config=${pathToFileURL(node.yamlFile).href}`,
      `-Dcassandra.storagedir=${node.dir}`,
      `-Dlogback.configurationFile=${sandboxTemplate('logback.xml')}`,
      '-Dcassandra-foreground=yes',
      ...quickStart(start.isAlone),
      // Bound to 127.0.0.1 whatever address the node listens on, hence a port of its own.
      ...(node.jmxPort === undefined ? [] : [`-Dcassandra.jmx.local.port=${node.jmxPort}`]),
    ],
    jars: start.jars,
    main: ['org.apache.cassandra.service.CassandraDaemon'],
  };
}

function quickStart(isAlone: boolean): string[] {
  return [
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    // Nodes of a cluster have to hear of each other before they claim tokens; with less the second refuses to start.
    `-Dcassandra.ring_delay_ms=${isAlone ? 100 : 2000}`,
    // It is also the pause between attempts: with 0 a node that waits for its peers fills the log and eats a core.
    `-Dcassandra.superuser_setup_delay_ms=${isAlone ? 0 : 5000}`,
    // How long a node that stops lets its peers hear of it.
    `-Dcassandra.shutdown_announce_in_ms=${isAlone ? 0 : 500}`,
  ];
}

/** 4.0 and 4.1 were made for Java 8 and 11: on 17 they also need these packages and jamm as an agent. */
function beforeFive(jars: readonly string[]): string[] {
  const jamm = jars.find((jar) => basename(jar).startsWith('jamm-'));
  if (!jamm) throw new Error('Cassandra came without its jamm jar');
  return [
    ...openPackages('--add-opens', [
      'java.base/java.util.concurrent',
      'java.base/java.util.concurrent.atomic',
      'java.base/java.util.concurrent.locks',
    ]),
    `-javaagent:${jamm}`,
    // Else a class archive is neither written nor read beside an agent.
    '-XX:+UnlockDiagnosticVMOptions',
    '-XX:+AllowArchivingWithJavaAgent',
  ];
}

export const exportedPackages = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/java.lang.ref',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
];

const openedPackages = [
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.io',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
];
