import { join } from 'node:path';
import type { SandboxPulsar } from './sandbox-state.ts';
import { openPackages, type ServerArguments, smallJvm } from './server-arguments.ts';

export interface PulsarStart {
  /** The unpacked distribution. */
  readonly home: string;
  readonly jars: readonly string[];
}

/** The arguments that start Pulsar standalone without functions worker and stream storage. */
export function pulsarArguments(pulsar: SandboxPulsar, start: PulsarStart): ServerArguments {
  return {
    jvm: [
      '-Xms128m',
      '-Xmx128m',
      '-XX:MaxDirectMemorySize=256m',
      ...smallJvm,
      ...openPackages('--add-opens', openedPackages),
      '-Dio.netty.tryReflectionSetAccessible=true',
      '-Dio.netty.eventLoopThreads=2',
      '-Dpulsar.allocator.leak_detection=Disabled',
      `-Djava.io.tmpdir=${join(pulsar.dir, 'tmp')}`,
      ...logging(pulsar, start.home),
    ],
    jars: start.jars,
    main: ['org.apache.pulsar.PulsarStandaloneStarter', ...standaloneOptions(pulsar)],
  };
}

export function standaloneConfFile(pulsar: SandboxPulsar): string {
  return join(pulsar.dir, 'standalone.conf');
}

export function functionsConfFile(pulsar: SandboxPulsar): string {
  return join(pulsar.dir, 'functions_worker.yml');
}

function standaloneOptions(pulsar: SandboxPulsar): string[] {
  return [
    ...['-c', standaloneConfFile(pulsar)],
    ...['-a', pulsar.address],
    ...['--bookkeeper-dir', join(pulsar.dir, 'bookkeeper')],
    ...metadataOptions(pulsar),
    '--no-stream-storage',
    ...(pulsar.runsConnectors ? ['-fwc', functionsConfFile(pulsar)] : ['--no-functions-worker']),
  ];
}

function metadataOptions({ dir, innerPorts }: SandboxPulsar): string[] {
  // As an option only: the same folder given in the conf file is taken for a ZooKeeper address.
  if (!innerPorts) return ['--metadata-dir', join(dir, 'metadata')];
  return [
    ...['--zookeeper-dir', join(dir, 'zookeeper')],
    ...['--zookeeper-port', String(innerPorts.zooKeeper)],
    ...['--bookkeeper-port', String(innerPorts.bookie)],
  ];
}

function logging(pulsar: SandboxPulsar, home: string): string[] {
  return [
    '-Dpulsar.log.appender=Console',
    '-Dpulsar.routing.appender.default=Console',
    '-Dpulsar.log.level=info',
    '-Dpulsar.log.root.level=info',
    `-Dpulsar.log.dir=${join(pulsar.dir, 'log')}`,
    // Named here so that the class path needs no folder, which a class archive does not allow.
    `-Dlog4j.configurationFile=${join(home, 'conf', 'log4j2.yaml')}`,
  ];
}

/** What Pulsar's servers and its client reach into. */
export const openedPackages = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.nio',
  'java.base/java.util.zip',
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.platform',
  'java.base/sun.net',
  'java.management/sun.management',
  'jdk.management/com.sun.management.internal',
];
