import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Java } from './find-java.ts';
import type { SandboxRelease } from './sandbox-release.ts';
import type { ServerArguments } from './server-arguments.ts';

/**
 * The flags for a class archive (AppCDS): a saved picture of the loaded classes, with which a server starts in about two
 * thirds of the time. A server that finds none in the cache writes one into its own folder when it is stopped.
 */
export function archiveFlags(cache: string, serverDir: string, archiveName: string): string[] {
  const shared = join(archiveFolder(cache), archiveName);
  const own = join(serverDir, archiveName);
  const quiet = ['-Xlog:cds=off', '-Xlog:cds+dynamic=off'];
  return [existsSync(shared) ? `-XX:SharedArchiveFile=${shared}` : `-XX:ArchiveClassesAtExit=${own}`, ...quiet];
}

/** An archive fits one Java build, one class path and one set of collector and compiler flags; its name tells them apart. */
export function archiveName(release: SandboxRelease, java: Java, server: ServerArguments): string {
  const flags = server.jvm.filter((flag) => flag.startsWith('-XX'));
  const key = createHash('sha256').update(JSON.stringify([java.version, server.jars, flags]));
  return `${release.product}-${release.release}-${key.digest('hex').slice(0, 12)}.jsa`;
}

/** Moves the archive that a server has written at its orderly end into the cache, for every later start. */
export function publishArchive(cache: string, serverDir: string): void {
  for (const name of archivesIn(serverDir)) {
    mkdirSync(archiveFolder(cache), { recursive: true });
    try {
      renameSync(join(serverDir, name), join(archiveFolder(cache), name));
    } catch {
      // The cache is on another file system: this sandbox's next stop cannot do better, so nothing is kept.
      rmSync(join(serverDir, name), { force: true });
    }
  }
}

/** After a kill the archive may be half written; a JVM that maps such a file crashes. */
export function discardArchive(serverDir: string): void {
  for (const name of archivesIn(serverDir)) rmSync(join(serverDir, name), { force: true });
}

function archivesIn(serverDir: string): string[] {
  return existsSync(serverDir) ? readdirSync(serverDir).filter((name) => name.endsWith('.jsa')) : [];
}

function archiveFolder(cache: string): string {
  return join(cache, 'class-archives');
}
