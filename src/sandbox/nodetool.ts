import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { exportedPackages } from './cassandra-arguments.ts';
import { findJava } from './find-java.ts';
import { installRelease } from './install-release.ts';
import { releaseFor } from './launch-server.ts';
import { sandboxTemplate } from './sandbox-release.ts';
import { readSandbox, type Sandbox, type SandboxNode, serverNamed } from './sandbox-state.ts';
import { openPackages } from './server-arguments.ts';

const run = promisify(execFile);

/** Runs Cassandra's own nodetool against a node of a three-node sandbox; answers what it printed. Throws when it fails. */
export async function nodetool(
  sandbox: Pick<Sandbox, 'dir'>,
  name: SandboxNode['name'],
  words: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const current = readSandbox(sandbox.dir)!;
  const node = serverNamed(current, name) as SandboxNode;
  if (node.jmxPort === undefined) throw new Error(`${name} is not of a cluster: it has no port for nodetool`);
  const java = await findJava(process.env, signal);
  const jars = await installRelease(releaseFor(current, node), {
    cache: cacheFolder(),
    onProgress: () => {},
    signal,
  });
  const { stdout } = await run(
    java.command,
    [...toolArguments(jars), '-h', '127.0.0.1', '-p', `${node.jmxPort}`, ...words],
    {
      // Its history file goes to the home folder otherwise.
      env: { ...process.env, HOME: node.dir },
      ...(signal && { signal }),
    },
  );
  return stdout;
}

function toolArguments(jarFolder: string): readonly string[] {
  const jars = readdirSync(jarFolder).filter((jar) => jar.endsWith('.jar'));
  return [
    '-Xmx128m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    `-Dlogback.configurationFile=${sandboxTemplate('logback.xml')}`,
    // Else Java refuses the address that Cassandra's JMX server gives.
    '-Dcom.sun.jndi.rmiURLParsing=legacy',
    ...openPackages('--add-exports', exportedPackages),
    '-cp',
    jars.map((jar) => join(jarFolder, jar)).join(delimiter),
    'org.apache.cassandra.tools.NodeTool',
  ];
}
