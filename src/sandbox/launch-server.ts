import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cassandraArguments } from './cassandra-arguments.ts';
import { type CassandraCluster, cassandraYaml } from './cassandra-yaml.ts';
import { archiveFlags, archiveName, discardArchive } from './class-archive.ts';
import type { Java } from './find-java.ts';
import { functionsConf } from './functions-conf.ts';
import { installRelease } from './install-release.ts';
import { functionsConfFile, pulsarArguments, standaloneConfFile } from './pulsar-arguments.ts';
import { bookkeeperRelease, cassandraRelease, pulsarRelease, type SandboxRelease } from './sandbox-release.ts';
import { type AnyServer, recordProcess, type Sandbox, type SandboxNode, type SandboxPulsar } from './sandbox-state.ts';
import { argumentsFile, type ServerArguments } from './server-arguments.ts';
import { spawnServer } from './server-process.ts';
import { standaloneConf } from './standalone-conf.ts';

export interface LaunchContext {
  readonly cache: string;
  readonly java: Java;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Writes a server's configuration, starts it and records its pid. Does not wait until it is ready. */
export async function launchServer(sandbox: Sandbox, server: AnyServer, context: LaunchContext): Promise<Sandbox> {
  const release = releaseFor(sandbox, server);
  const installed = await installServer(sandbox, server, context);
  const args =
    server.name === 'pulsar'
      ? preparePulsar(sandbox, server, installed)
      : prepareNode(sandbox, server, installed.folder);
  discardArchive(server.dir);
  writeArguments(server, args, archiveFlags(context.cache, server.dir, archiveName(release, context.java, args)));
  return recordProcess(sandbox.dir, server.name, spawnServer(context.java.command, server, args.main));
}

interface InstalledServer {
  readonly folder: string;
  /** They come before those in the folder. */
  readonly firstJars: readonly string[];
}

/** Makes sure that all a server runs on lies in the cache. */
export async function installServer(
  sandbox: Pick<Sandbox, 'cassandra' | 'pulsarLine'>,
  server: AnyServer,
  context: Pick<LaunchContext, 'cache' | 'onProgress' | 'signal'>,
): Promise<InstalledServer> {
  const folder = await installRelease(releaseFor(sandbox, server), context);
  const first = server.name === 'pulsar' ? bookkeeperRelease(sandbox.pulsarLine) : null;
  return { folder, firstJars: first ? jarsIn(await installRelease(first, context)) : [] };
}

/** The source is of the asked line; the target is always the newest. */
export function releaseFor(sandbox: Pick<Sandbox, 'cassandra' | 'pulsarLine'>, server: AnyServer): SandboxRelease {
  if (server.name === 'pulsar') return pulsarRelease(sandbox.pulsarLine);
  return cassandraRelease(lineOf(sandbox, server));
}

function lineOf(sandbox: Pick<Sandbox, 'cassandra'>, node: SandboxNode) {
  return node.name === 'target' ? '5.0' : sandbox.cassandra;
}

function prepareNode(sandbox: Sandbox, node: SandboxNode, jarFolder: string): ServerArguments {
  for (const folder of [node.dir, node.commitLogDir, node.cdcRawDir]) mkdirSync(folder, { recursive: true });
  const cluster = clusterOf(sandbox, node);
  writeFileSync(node.yamlFile, cassandraYaml(node, cluster));
  return cassandraArguments(node, {
    line: lineOf(sandbox, node),
    jars: jarsIn(jarFolder),
    isAlone: cluster.initialToken === null,
    isFast: sandbox.isFast ?? false,
  });
}

function clusterOf(sandbox: Sandbox, node: SandboxNode): CassandraCluster {
  if (node.name === 'target') {
    return { clusterName: 'cdcmig target', seeds: [node.address], initialToken: null, hasCdc: false };
  }
  return {
    clusterName: 'cdcmig source',
    seeds: [sandbox.source[0]!.address],
    ...placeInRing(sandbox, node),
    hasCdc: true,
    ...(sandbox.sourceSettings && { settings: sandbox.sourceSettings }),
  };
}

/** Those that were there at the beginning share the ring equally; one that joined has a place between two of them. */
function placeInRing({ source }: Sandbox, node: SandboxNode) {
  if (node.joinsAt !== undefined) return { initialToken: BigInt(node.joinsAt), joins: true };
  const first = source.filter(({ joinsAt }) => joinsAt === undefined);
  return {
    initialToken: evenToken(
      first.findIndex(({ name }) => name === node.name),
      first.length,
    ),
  };
}

/** Equal shares of the ring; a lone node needs no token of ours. */
export function evenToken(index: number, nodes: number): bigint | null {
  return nodes === 1 ? null : -(2n ** 63n) + (2n ** 64n / BigInt(nodes)) * BigInt(index + 1) - 1n;
}

function preparePulsar(sandbox: Sandbox, pulsar: SandboxPulsar, installed: InstalledServer): ServerArguments {
  const { folder: home, firstJars } = installed;
  mkdirSync(join(pulsar.dir, 'tmp'), { recursive: true });
  const shipped = readFileSync(join(home, 'conf', 'standalone.conf'), 'utf8');
  writeFileSync(standaloneConfFile(pulsar), standaloneConf(shipped, pulsar, sandbox.pulsarSettings));
  if (pulsar.runsConnectors) {
    const worker = readFileSync(join(home, 'conf', 'functions_worker.yml'), 'utf8');
    writeFileSync(functionsConfFile(pulsar), functionsConf(worker, pulsar, home));
  }
  return pulsarArguments(pulsar, { home, jars: [...firstJars, ...jarsIn(join(home, 'lib'))] });
}

/** Sorted: a class archive fits only the very same class path. */
function jarsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  return names.sort().map((name) => join(folder, name));
}

function writeArguments(server: AnyServer, args: ServerArguments, archive: readonly string[]): void {
  const all = [...args.jvm, ...archive, '-cp', args.jars.join(delimiter)];
  writeFileSync(server.argsFile, argumentsFile(all));
}
