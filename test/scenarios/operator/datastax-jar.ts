import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxNode } from '../../../src/sandbox/sandbox-state.ts';
import { compileJava } from '../../support/compile-java.ts';

const source = fileURLToPath(new URL('StandInAgent.java', import.meta.url));
const program = fileURLToPath(new URL('../../../bin/cdcmig.ts', import.meta.url));

/** The real agent where CDCMIG_DATASTAX_AGENT names its jar, otherwise a stand-in for it, and says so. */
export async function datastaxJar(dir: string): Promise<{ readonly localJar: string; readonly sha256: string }> {
  const given = process.env.CDCMIG_DATASTAX_AGENT;
  const localJar = given === undefined ? await standIn(dir) : join(dir, basename(given));
  if (given !== undefined) copyFileSync(given, localJar);
  return { localJar, sha256: createHash('sha256').update(readFileSync(localJar)).digest('hex') };
}

async function standIn(dir: string): Promise<string> {
  process.stderr.write('skipped: the real DataStax agent; name its jar in CDCMIG_DATASTAX_AGENT. A stand-in runs.\n');
  const classes = await compileJava({ source, release: 'stand-in', jars: [] });
  const [manifest, jar] = [join(dir, 'manifest'), join(dir, 'agent-c4-2.3.9-all.jar')];
  writeFileSync(manifest, 'Premain-Class: StandInAgent\n');
  execFileSync('jar', ['--create', '--file', jar, '--manifest', manifest, '-C', classes, '.']);
  return jar;
}

/** A node's cassandra-env.sh, as it is before anything is installed. */
export function startScript(dir: string, { name }: SandboxNode): { readonly file: string; readonly text: string } {
  return {
    file: join(dir, `${name}-env.sh`),
    text: `JVM_OPTS="$JVM_OPTS -Dcdcmig.standIn=${join(dir, name)}.words"\n`,
  };
}

/** As a package's start script does: what cassandra-env.sh says is read before Java starts. */
export function throughScript(dir: string, node: SandboxNode, restart: readonly string[]): readonly string[] {
  const { file } = startScript(dir, node);
  return [
    'sh',
    '-c',
    `. "${file}"; JDK_JAVA_OPTIONS="$JVM_OPTS"; export JDK_JAVA_OPTIONS; exec "$@"`,
    'sh',
    ...restart,
  ];
}

/** What the stand-in runs for as long as its node does. */
export function tellStandIn(dir: string, { name, address, commitLogDir }: SandboxNode, configFile: string): void {
  const words = ['demo', 'datastax-agent', '--config', configFile, '--node', address, '--commit-log', commitLogDir];
  writeFileSync(join(dir, `${name}.words`), `${[process.execPath, program, ...words].join('\n')}\n`);
}
