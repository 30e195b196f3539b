import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../src/sandbox/cache-folder.ts';
import { pulsarRelease } from '../../../src/sandbox/sandbox-release.ts';
import { compileJava, jarsIn } from '../../support/compile-java.ts';

const source = fileURLToPath(new URL('StandInConnector.java', import.meta.url));

/** The real connector where CDCMIG_DATASTAX_CONNECTOR names its archive, otherwise a stand-in for it, and says so. */
export async function datastaxArchive(
  dir: string,
): Promise<{ readonly localArchive: string; readonly sha256: string }> {
  const given = process.env.CDCMIG_DATASTAX_CONNECTOR;
  const localArchive = given === undefined ? await standIn(dir) : join(dir, basename(given));
  if (given !== undefined) copyFileSync(given, localArchive);
  return { localArchive, sha256: createHash('sha256').update(readFileSync(localArchive)).digest('hex') };
}

/** An archive as a functions worker takes it: classes, and beside them what says which of them is the source. */
async function standIn(dir: string): Promise<string> {
  process.stderr.write(
    'skipped: the real source connector; name its archive in CDCMIG_DATASTAX_CONNECTOR. A stand-in runs.\n',
  );
  const { release } = pulsarRelease();
  const jars = jarsIn(join(cacheFolder(), `pulsar-${release}`, 'lib'));
  const classes = await compileJava({ source, release: `pulsar-${release}`, jars });
  const services = join(dir, 'nar', 'META-INF', 'services');
  mkdirSync(services, { recursive: true });
  mkdirSync(join(dir, 'nar', 'META-INF', 'bundled-dependencies'), { recursive: true });
  writeFileSync(
    join(services, 'pulsar-io.yaml'),
    'name: cassandra-source\ndescription: a stand-in\nsourceClass: StandInConnector\n',
  );
  const archive = join(dir, 'pulsar-cassandra-source-2.3.9.nar');
  execFileSync('jar', ['--create', '--file', archive, '-C', classes, '.', '-C', join(dir, 'nar'), '.']);
  return archive;
}
