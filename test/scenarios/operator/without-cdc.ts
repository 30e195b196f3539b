import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSandbox, type SandboxNode, serverNamed } from '../../../src/sandbox/sandbox-state.ts';
import { waitForReady } from '../../../src/sandbox/wait-for-ready.ts';

const restart = fileURLToPath(new URL('restart-sandbox-node.ts', import.meta.url));

/** The node runs without CDC, as most do: the sandbox's own begin with it. Answers its cassandra.yaml. */
export async function withoutCdc(dir: string, node: SandboxNode): Promise<Buffer> {
  const text = readFileSync(node.yamlFile, 'utf8').replace(
    'cdc_enabled: true',
    '# Of the operator.\ncdc_enabled: false',
  );
  writeFileSync(node.yamlFile, text, { mode: 0o640 });
  await promisify(execFile)(process.execPath, [restart, dir, node.name]);
  await waitForReady(serverNamed(readSandbox(dir)!, node.name));
  return readFileSync(node.yamlFile);
}
