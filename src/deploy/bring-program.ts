import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import { type ElfPlatform, elfPlatform } from './elf-platform.ts';
import type { NodeAgent } from './node-agent.ts';

/** The agent's program is in its folder and starts there. */
export async function bringProgram({ shell, files, program }: NodeAgent, signal?: AbortSignal): Promise<void> {
  for (const folder of new Set(files.map(({ to }) => dirname(to)))) await shell.makeFolder(folder, signal);
  for (const file of files) {
    // Behind what it is started by, such as env.
    const isProgram = file.mode === '755' && [program.command, ...program.arguments].includes(file.to);
    if (isProgram) await throwOnOtherPlatform(shell, file, signal);
    await shell.upload(file, signal);
    if (isProgram) await throwUnlessItStarts(shell, file, signal);
  }
}

/** Before a hundred megabytes are sent that cannot run there. */
async function throwOnOtherPlatform(shell: NodeShell, { from }: Upload, signal?: AbortSignal): Promise<void> {
  const needs = elfPlatform(await headOf(from));
  const { stdout } = await shell.run(['uname', '-sm'], { signal, reads: true });
  const has = stdout.trim();
  if (needs === undefined || has !== `Linux ${needs.machine}`) throw otherPlatform(shell, from, needs, has);
  const { loader } = needs;
  if (loader === undefined) return;
  const { code } = await shell.run(['test', '-e', loader], { signal, reads: true });
  if (code !== 0) throw otherPlatform(shell, from, needs, `${has} without ${loader}`);
}

function otherPlatform(shell: NodeShell, from: string, needs: ElfPlatform | undefined, has: string): OperatorError {
  const wanted = needs ? `Linux ${needs.machine}${needs.loader ? ` with ${needs.loader}` : ''}` : 'another system';
  return new OperatorError({
    expected: `${shell.name} to run ${from}, which is for ${wanted}`,
    found: has,
    next: 'name a Node for that platform and C library in nodeBinary of that node',
  });
}

async function throwUnlessItStarts(shell: NodeShell, { to }: Upload, signal?: AbortSignal): Promise<void> {
  const { code, stderr } = await shell.run([to, '--version'], { signal });
  if (code === 0) return;
  throw new OperatorError({
    expected: `${to} to start on ${shell.name}`,
    found: stderr.trim().split('\n')[0] || `exit code ${code}`,
    next: 'see whether its disk lets programs run (noexec), or name another in nodeBinary of that node',
  });
}

/** Program headers and the loader's name stand at the beginning. */
async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8_192), 0, 8_192, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
