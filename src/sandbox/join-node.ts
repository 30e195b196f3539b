import { setTimeout } from 'node:timers/promises';
import { startServer } from './control-server.ts';
import { freePorts } from './free-endpoints.ts';
import { evenToken } from './launch-server.ts';
import { planNode } from './plan-sandbox.ts';
import { readSandbox, type Sandbox, type SandboxNode, writeSandbox } from './sandbox-state.ts';

/**
 * Starts one more source node, which streams its share from the others (bootstrap), and returns when it answers. All nodes
 * of the cluster must be up. Its data, like its place in the sandbox, stay until the sandbox is wiped.
 */
export async function joinNode({ dir }: Pick<Sandbox, 'dir'>, signal?: AbortSignal): Promise<Sandbox> {
  const sandbox = readSandbox(dir)!;
  const [first] = sandbox.source;
  if (sandbox.source.length < 3) throw new Error('a lone node has no cluster that another could join');
  const [jmxPort] = await freePorts(1);
  const { address, cqlPort, storagePort } = first!;
  const number = sandbox.source.length + 1;
  const node = planNode(dir, `source-${number}`, {
    address: address.replace(/\d+$/, `${10 + number}`),
    cqlPort,
    storagePort,
    jmxPort: jmxPort!,
    joinsAt: String(tokenBetween(sandbox.source, number)),
  });
  writeSandbox({ ...sandbox, source: [...sandbox.source, node] });
  try {
    return await startServer(sandbox, node.name, signal);
  } catch {
    signal?.throwIfAborted();
    // Cassandra ends a node that joins while the others' gossip has not settled, as after a restart of one of them.
    await setTimeout(gossipMs, undefined, { signal });
    return startServer(sandbox, node.name, signal);
  }
}

const gossipMs = 15_000;

/** In the middle of one of the shares that the first nodes have; of another one for each that joins. */
function tokenBetween(source: readonly SandboxNode[], number: number): bigint {
  const first = source.filter(({ joinsAt }) => joinsAt === undefined).length;
  const share = 2n ** 64n / BigInt(first);
  return evenToken((number - first - 1) % first, first)! - share / 2n;
}
