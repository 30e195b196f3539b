import { cacheFolder } from './cache-folder.ts';
import { findJava } from './find-java.ts';
import { launchServer } from './launch-server.ts';
import { readSandbox, recordProcess, type Sandbox, type ServerName, serverNamed } from './sandbox-state.ts';
import { isRunning, kill } from './server-process.ts';
import { stopServers } from './stop-sandbox.ts';
import { waitForReady } from './wait-for-ready.ts';

/** Starts one server of a sandbox again, on its own ports and data, and waits until it answers. */
export async function startServer(sandbox: Pick<Sandbox, 'dir'>, name: ServerName, signal?: AbortSignal) {
  const current = readSandbox(sandbox.dir)!;
  if (isRunning(serverNamed(current, name))) return current;
  const java = await findJava(process.env, signal);
  const context = { cache: cacheFolder(), java, onProgress: () => {}, signal };
  const launched = await launchServer(current, serverNamed(current, name), context);
  await waitForReady(serverNamed(launched, name), signal);
  return launched;
}

/** Stops one server as an operator would. */
export async function stopServer(sandbox: Pick<Sandbox, 'dir'>, name: ServerName, signal?: AbortSignal) {
  await stopServers(sandbox.dir, [name], signal);
}

/** Ends one server as a crash would. */
export async function killServer(sandbox: Pick<Sandbox, 'dir'>, name: ServerName, signal?: AbortSignal) {
  await kill(serverNamed(readSandbox(sandbox.dir)!, name), signal);
  recordProcess(sandbox.dir, name, { pid: null, startMark: null });
}
