import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { productNames, type SandboxRelease } from './sandbox-release.ts';
import { withLock } from './with-lock.ts';

export interface InstallOptions {
  readonly cache: string;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes sure that a release lies in the cache and returns its folder: the unpacked distribution for Pulsar, jars for
 * the others. The folder appears complete or not at all, whatever is interrupted and however many ask at once.
 */
export async function installRelease(release: SandboxRelease, options: InstallOptions): Promise<string> {
  const folder = join(options.cache, `${release.product}-${release.release}`);
  if (existsSync(folder)) return folder;
  const onWait = (pid: number) => options.onProgress(`waiting for process ${pid}, which is downloading`);
  return withLock(join(options.cache, 'download.lock'), () => download(release, folder, options), {
    onWait,
    signal: options.signal,
  });
}

async function download(release: SandboxRelease, folder: string, options: InstallOptions): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(options.cache, { recursive: true });
  removeLeftovers(options.cache);
  const temporary = mkdtempSync(join(options.cache, temporaryPrefix));
  const name = `${productNames[release.product]} ${release.release}`;
  const ticker = reportWhile(`downloading ${name} with Maven`, options.onProgress);
  try {
    const fetched = release.product === 'pulsar' ? fetchPulsar : fetchJars;
    renameSync(await fetched(release, temporary, options.signal), folder);
  } finally {
    clearInterval(ticker);
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

const temporaryPrefix = 'downloading-';

/** Called under the lock: whatever temporary folder is there belongs to a download that was killed. */
function removeLeftovers(cache: string): void {
  for (const name of readdirSync(cache)) {
    if (name.startsWith(temporaryPrefix)) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function reportWhile(text: string, onProgress: (text: string) => void): NodeJS.Timeout {
  const begin = Date.now();
  onProgress(text);
  return setInterval(() => onProgress(`${text}, ${Math.round((Date.now() - begin) / 1000)} s`), 5000);
}

async function fetchJars(release: SandboxRelease, folder: string, signal?: AbortSignal): Promise<string> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'jars')}`];
  await maven([...goal, '-f', release.pom], signal);
  return join(folder, 'jars');
}

async function fetchPulsar(release: SandboxRelease, folder: string, signal?: AbortSignal): Promise<string> {
  await maven(['dependency:copy', `-DoutputDirectory=${folder}`, '-f', release.pom], signal);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tar.gz'));
  if (!archive) throw new Error(`Maven copied no distribution into ${folder}`);
  const { code, output } = await runCommand('tar', ['-xzf', join(folder, archive), '-C', folder], signal);
  if (code !== 0) throw new Error(`tar could not unpack ${archive}: ${output.trim()}`);
  return join(folder, `apache-pulsar-${release.release}`);
}

async function maven(args: readonly string[], signal?: AbortSignal): Promise<void> {
  const outcome = await runCommand('mvn', ['-q', '-B', '-Dstyle.color=never', ...args], signal).catch(throwOnNoMaven);
  if (outcome.code === 0) return;
  throw new OperatorError({
    expected: 'Maven to download the servers of the sandbox',
    found: `mvn ended with code ${outcome.code}: ${outcome.output.trim().slice(-2000)}`,
    next: 'see that this machine reaches Maven Central or the mirror in ~/.m2/settings.xml, then try again',
  });
}

function throwOnNoMaven(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  throw new OperatorError(
    {
      expected: 'Maven, to download Cassandra and Pulsar once',
      found: 'no mvn on the path',
      next: 'install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)',
    },
    { cause: error },
  );
}

function runCommand(command: string, args: readonly string[], signal?: AbortSignal) {
  return new Promise<{ readonly code: number | null; readonly output: string }>((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
    let output = '';
    child.stdout.on('data', (part) => (output += part));
    child.stderr.on('data', (part) => (output += part));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
