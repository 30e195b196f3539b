import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..');

export interface BuiltCdcmig {
  /** The program as it is installed: JavaScript, which starts in less than what runs in a working tree. */
  readonly program: string;
  readonly remove: () => void;
}

export async function buildCdcmig(): Promise<BuiltCdcmig> {
  // Below node_modules, where the packages are found from.
  const folder = mkdtempSync(join(project, 'node_modules', '.bench-'));
  const tools = join(project, 'node_modules', '.bin');
  const env = { ...process.env, PATH: [tools, process.env.PATH].join(delimiter) };
  await run('sh', [join(project, '.ci', 'build'), folder], { env });
  return { program: join(folder, 'bin', 'cdcmig.js'), remove: () => rmSync(folder, { recursive: true }) };
}
