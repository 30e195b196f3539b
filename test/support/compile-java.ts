import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/sandbox/cache-folder.ts';
import { findJava } from '../../src/sandbox/find-java.ts';

/** Why Java cannot be compiled on this machine; undefined where it can. */
export async function whyNoJavac(): Promise<string | undefined> {
  try {
    await run(await findJavac(), ['-version']);
    return undefined;
  } catch (error) {
    return `a Java 17 development kit is needed (Debian: openjdk-17-jdk-headless): ${(error as Error).message}`;
  }
}

export interface JavaSource {
  /** One file; its classes are in the unnamed package. */
  readonly source: string;
  /** Whose jars these are: a class compiled with one release is not run with another. */
  readonly release: string;
  readonly jars: readonly string[];
}

/** The folder of the compiled classes, kept in the cache. It appears complete or not at all. */
export async function compileJava({ source, release, jars }: JavaSource): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), 'compiled-java', `${basename(source, '.java')}-${release}-${digest}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(join(dirname(folder), 'compiling-'));
  try {
    await run(await findJavac(), ['-nowarn', '-d', temporary, '-cp', jars.join(delimiter), source]);
    // Somebody else may have been quicker.
    if (!existsSync(folder)) renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** Sorted as for the sandbox's servers, whose class archive fits only the very same class path and what begins with it. */
export function jarsIn(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  return names.sort().map((name) => join(folder, name));
}

const run = promisify(execFile);

async function findJavac(): Promise<string> {
  const { command } = await findJava();
  const besideJava = join(dirname(command), 'javac');
  return isAbsolute(command) && existsSync(besideJava) ? besideJava : 'javac';
}
