import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OperatorError } from '../errors.ts';

export interface Java {
  readonly command: string;
  /** Its own full version line; class archives fit one build only. */
  readonly version: string;
}

const run = promisify(execFile);

/** Finds a Java 17: `JAVA_HOME` first, then the path, then where Linux packages put it. */
export async function findJava(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<Java> {
  const seen: string[] = [];
  for (const command of candidates(env)) {
    const version = await versionOf(command, env, signal);
    if (version && isJava17(version)) return { command, version };
    if (version) seen.push(`${command} (${version.split('\n')[0]})`);
  }
  throw new OperatorError({
    expected: 'Java 17, to run Cassandra and Pulsar',
    found: seen.length === 0 ? 'no Java at all' : seen.join(', '),
    next: 'install a Java 17 runtime (Debian, Ubuntu: apt-get install openjdk-17-jre-headless) or set JAVA_HOME to one',
  });
}

export function isJava17(versionText: string): boolean {
  return /version "17[."]/.test(versionText);
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const home = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java')] : [];
  return [...home, 'java', ...packaged('/usr/lib/jvm')];
}

function packaged(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\b17\b/.test(name));
    return names.map((name) => join(folder, name, 'bin', 'java'));
  } catch {
    return [];
  }
}

async function versionOf(command: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string | null> {
  try {
    const { stderr } = await run(command, ['-version'], { env, ...(signal && { signal }) });
    return stderr.trim();
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}
