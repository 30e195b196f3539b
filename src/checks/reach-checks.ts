import type { AgentConfig } from '../config/agent-config.ts';
import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { NodeSettings, SourceCluster, SourceNode } from '../ports/source-cluster.ts';
import type { Check } from './check.ts';
import { fault } from './fault.ts';

const check = 'nodes reached';

/** Every node of the inventory is asked, so that all differences are told at once: who is not reached, and what is not there as written. */
export const nodesReached: Check = {
  name: check,
  async ask({ config, source, handsOf, signal }) {
    if (!handsOf) return [];
    const nodes = await source.nodes(signal);
    const asked = config.capture.agents.map(async (agent) => [
      ...(await reached(agent, config.capture.mode, handsOf(agent.node), signal)),
      ...(await sameFolders(agent, nodes, source, signal)),
    ]);
    return (await Promise.all(asked)).flat();
  },
};

interface Hands {
  readonly shell: NodeShell;
  readonly admin: NodeShell;
}

type Mode = Config['capture']['mode'];

/** In words of its own lines: `missing PATH`, `owner NAME`, `disks A B`. The folder itself may be made only later. */
const script = `
log=$1 folder=$2; shift 2
for path in "$log" "$@"; do [ -e "$path" ] || echo "missing $path"; done
[ -e "$log" ] || exit 0
while ! [ -e "$folder" ]; do folder=$(dirname "$folder"); done
echo "disks $(stat -c %d "$log") $(stat -c %d "$folder")"
[ "$(cat /proc/sys/fs/protected_hardlinks 2>/dev/null)" = 1 ] && [ "$(id -u)" != 0 ] && ! [ -O "$log" ] && echo "owner $(stat -c %U "$log")"
exit 0`;

async function reached(
  agent: AgentConfig,
  mode: Mode,
  { shell, admin }: Hands,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const words = [agent.commitLogDirectory, agent.folder, ...wantedFolders(agent, mode)];
    const { stdout } = await shell.run(['sh', '-c', script, 'sh', ...words], { signal, reads: true });
    const yaml = await missingYaml(agent, mode, admin, signal);
    return [...stdout.split('\n').flatMap((line) => findingOf(line, agent, mode)), ...yaml];
  } catch (error) {
    signal?.throwIfAborted();
    return notReached(agent, error);
  }
}

/** Cassandra makes cdc_raw when it starts with CDC, which deploy-agent may be about to turn on. */
function wantedFolders({ cdcRawDirectory, cassandraYaml }: AgentConfig, mode: Mode): readonly string[] {
  return mode === 'cdc' && cdcRawDirectory !== undefined && cassandraYaml === undefined ? [cdcRawDirectory] : [];
}

async function missingYaml(
  { node, cassandraYaml }: AgentConfig,
  mode: Mode,
  admin: NodeShell,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  if (mode !== 'cdc' || cassandraYaml === undefined) return [];
  if ((await admin.digestOf(cassandraYaml, signal)) !== undefined) return [];
  return [fault(check, `${cassandraYaml} on node ${node}`, 'no such file', 'mend cassandraYaml of that node')];
}

function findingOf(line: string, { node, folder, user }: AgentConfig, mode: Mode): readonly Finding[] {
  const [kind, first = '', second] = line.split(' ');
  if (kind === 'missing')
    return [fault(check, `${line.slice('missing '.length)} on node ${node}`, 'nothing', 'mend that path of the node')];
  // In cdc mode nothing is linked.
  if (mode === 'cdc') return [];
  if (kind === 'disks' && first !== second)
    return [
      fault(check, `${folder} on the file system of node ${node}’s commit log`, 'another one', 'name another folder'),
    ];
  if (kind === 'owner')
    return [
      fault(
        check,
        `the agent of node ${node} to run as ${first}, who owns the commit log and alone may link it`,
        user === undefined ? 'who logs in' : user,
        `set user: ${first} for that node, and ssh.sudo if the login is another`,
      ),
    ];
  return [];
}

/** What the shell says is in its faults, if they are the operator's to mend. */
function notReached({ node }: AgentConfig, error: unknown): readonly Finding[] {
  const { faults } = error as { faults?: readonly Omit<Finding, 'severity' | 'check'>[] };
  if (faults) return faults.map(({ expected, found, next }) => fault(check, expected, found, next));
  return [fault(check, `to reach node ${node}`, (error as Error).message, 'mend how it is reached')];
}

/** What the node says of itself may be the same folder by another name, so it is no fault. */
async function sameFolders(
  agent: AgentConfig,
  nodes: readonly SourceNode[],
  source: Pick<SourceCluster, 'nodeSettings'>,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const node = nodes.find(({ address, isUp }) => address === agent.node && isUp);
  if (!node) return [];
  const { commitLogDirectory }: Pick<NodeSettings, 'commitLogDirectory'> = await source.nodeSettings(node, signal);
  if (!commitLogDirectory || withoutSlash(commitLogDirectory) === withoutSlash(agent.commitLogDirectory)) return [];
  const expected = `commitLogDirectory of node ${agent.node} as the node has it: ${commitLogDirectory}`;
  const next = 'mend it, unless both are one folder';
  return [{ ...fault(check, expected, agent.commitLogDirectory, next), severity: 'warning' }];
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
