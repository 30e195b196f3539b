import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { sandboxStatus } from '../../src/sandbox/sandbox-status.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';

export interface BenchSandbox {
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

/** The running one in this folder, which is left as it is; or one of our own, started in a folder that is given. */
export async function openSandbox(
  dir: string | undefined,
  start: (own: string) => Promise<Sandbox>,
): Promise<BenchSandbox> {
  if (dir !== undefined) {
    const { sandbox } = await sandboxStatus(dir);
    if (!sandbox) throw new Error(`there is no sandbox in ${dir}`);
    return { sandbox, close: async () => {} };
  }
  const own = mkdtempSync(join(tmpdir(), 'cdcmig-bench-'));
  const close = async () => {
    await wipeSandbox(own);
    rmSync(own, { recursive: true, force: true });
  };
  try {
    return { sandbox: await start(own), close };
  } catch (error) {
    await close();
    throw error;
  }
}
