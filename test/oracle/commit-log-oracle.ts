import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../src/sandbox/cache-folder.ts';
import { cassandraArguments } from '../../src/sandbox/cassandra-arguments.ts';
import { cassandraYaml } from '../../src/sandbox/cassandra-yaml.ts';
import { archiveFlags, archiveName } from '../../src/sandbox/class-archive.ts';
import { findJava, type Java } from '../../src/sandbox/find-java.ts';
import { installRelease } from '../../src/sandbox/install-release.ts';
import { cassandraRelease, type SandboxRelease } from '../../src/sandbox/sandbox-release.ts';
import type { Sandbox, SandboxNode } from '../../src/sandbox/sandbox-state.ts';
import { argumentsFile } from '../../src/sandbox/server-arguments.ts';
import { compileJava, jarsIn } from '../support/compile-java.ts';

/** Cassandra's own commit log reader, run in a process of its own under the schema in a folder. */
export interface CommitLogOracle {
  /** One line a mutation; see canonical-mutation.ts. `home` holds `data/system_schema` and takes what the run needs. */
  print(home: string, segments: readonly string[]): AsyncGenerator<string>;
  measure(home: string, segments: readonly string[], seconds: number): Promise<OracleSpeed>;
}

export interface OracleSpeed {
  /** How often all segments were read. */
  readonly rounds: number;
  readonly mutations: number;
  readonly wallNanos: number;
  /** Of the whole process, the collector and the compiler among it. */
  readonly cpuNanos: number;
}

/** The oracle for the release that the sandbox's source runs; compiled once and kept in the cache. */
export async function openOracle(sandbox: OracleSandbox): Promise<CommitLogOracle> {
  const release = cassandraRelease(sandbox.cassandra);
  const jars = jarsIn(await installRelease(release, { cache: cacheFolder(), onProgress: () => {} }));
  const build = {
    sandbox,
    release,
    jars,
    classes: await compileJava({ source, release: release.release, jars }),
    java: await findJava(),
  };
  const start = (home: string, args: readonly string[], isMeasured: boolean) => {
    const all = [`@${writeArguments(home, build, isMeasured)}`, 'CommitLogOracle', ...args];
    return spawn(build.java.command, all, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  return {
    print: (home, segments) => linesOf(start(home, ['print', ...segments], false)),
    async measure(home, segments, seconds) {
      for await (const line of linesOf(start(home, ['measure', String(seconds), ...segments], true)))
        return JSON.parse(line) as OracleSpeed;
      throw new Error('the oracle measured nothing');
    },
  };
}

type OracleSandbox = Pick<Sandbox, 'cassandra' | 'source' | 'sourceSettings'>;

interface OracleBuild {
  readonly sandbox: OracleSandbox;
  readonly release: SandboxRelease;
  readonly jars: readonly string[];
  readonly classes: string;
  readonly java: Java;
}

const source = fileURLToPath(new URL('CommitLogOracle.java', import.meta.url));

/** A Java like that of the node, with a configuration of its own: Cassandra as a tool, its data folder in `home`. */
function writeArguments(home: string, build: OracleBuild, isMeasured: boolean): string {
  const { sandbox, jars, classes } = build;
  const node = inFolder(sandbox.source[0]!, home);
  const cluster = { clusterName: 'oracle', seeds: [node.address], initialToken: null, hasCdc: false };
  writeFileSync(node.yamlFile, cassandraYaml(node, { ...cluster, settings: toolSettings(sandbox) }));
  const { jvm } = cassandraArguments(node, { line: sandbox.cassandra, jars, isAlone: true });
  const argsFile = join(home, 'oracle.args');
  const flags = isMeasured ? withBothCompilers(jvm) : [...jvm, ...archiveOf(build, jvm)];
  writeFileSync(argsFile, argumentsFile([...flags, '-cp', [...jars, classes].join(delimiter)]));
  return argsFile;
}

/** The servers of a sandbox do without the second compiler, to start quicker; to be measured, Java gets it back. */
function withBothCompilers(jvm: readonly string[]): readonly string[] {
  return jvm.filter((flag) => flag !== '-XX:TieredStopAtLevel=1');
}

/** The class archive of the sandbox's servers if there is one: without it Java needs twice as long to start. */
function archiveOf({ release, java, jars }: OracleBuild, jvm: readonly string[]): readonly string[] {
  const name = archiveName(release, java, { jvm, jars, main: [] });
  return archiveFlags(cacheFolder(), '', name).filter((flag) => !flag.startsWith('-XX:ArchiveClassesAtExit'));
}

function inFolder(node: SandboxNode, home: string): SandboxNode {
  const commitLogDir = join(home, 'commitlog');
  return { ...node, dir: home, yamlFile: join(home, 'cassandra.yaml'), commitLogDir, cdcRawDir: join(home, 'cdc_raw') };
}

/** How a node writes its log is in the log; a tool refuses to start with it. */
function toolSettings({ sourceSettings = {} }: OracleSandbox) {
  const { commitlog_disk_access_mode: _, ...rest } = sourceSettings;
  return rest;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  const said: string[] = [];
  child.stderr!.on('data', (part) => said.push(String(part)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    yield* createInterface({ input: child.stdout!, crlfDelay: Number.POSITIVE_INFINITY });
    const code = await ended;
    if (code !== 0) throw new Error(`the oracle ended with code ${code}: ${said.join('').slice(-3000)}`);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
