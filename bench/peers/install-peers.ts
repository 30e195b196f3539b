import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The class path of DSBulk, by Maven; kept in the cache. */
export async function installDsbulk(cache: string): Promise<string> {
  const file = join(cache, 'dsbulk-1.10.0.classpath');
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    const pom = fileURLToPath(new URL('dsbulk.xml', import.meta.url));
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dmdep.outputFile=${file}`]);
  }
  return readFileSync(file, 'utf8').trim();
}

/** The program `cqlsh`, by pip in a virtual environment of its own; kept in the cache. */
export async function installCqlsh(cache: string): Promise<string> {
  const folder = join(cache, 'cqlsh-6.2.2');
  const program = join(folder, 'bin', 'cqlsh');
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin', 'pip'), ['-q', 'install', 'cqlsh==6.2.2']);
  }
  return program;
}
