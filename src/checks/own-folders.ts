import type { AgentConfig } from '../config/agent-config.ts';
import type { Config } from '../config/config.ts';
import { settingsFileName } from '../model/agent-settings.ts';
import type { Finding } from '../model/finding.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { Check } from './check.ts';
import { fault } from './fault.ts';

const check = 'own folders';

/** No agent of another migration in a node's folder: the two would stop each other, and the undo of one take away the other. */
export const ownFolders: Check = {
  name: check,
  async ask({ config, handsOf, signal }) {
    if (!handsOf) return [];
    const ours = config.capture.agents.filter(({ supervisor }) => supervisor !== 'external');
    const asked = ours.map((agent) => findingsOf(agent, config, handsOf(agent.node).shell, signal));
    return (await Promise.all(asked)).flat();
  },
};

async function findingsOf(
  { node, folder }: AgentConfig,
  { pulsar }: Config,
  shell: NodeShell,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const found = namespaceIn(await settingsIn(folder, shell, signal));
  const own = `${pulsar.tenant}/${pulsar.namespace}`;
  if (found === undefined || found === own) return [];
  const expected = `folder ${folder} of node ${node} for this migration’s agent alone, which speaks to ${own}`;
  const next = 'name another folder for that node, or undo the deploy-agent of that migration';
  return [fault(check, expected, `one that speaks to ${found}`, next)];
}

async function settingsIn(folder: string, shell: NodeShell, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await shell.readFile(`${folder}/${settingsFileName}`, signal);
  } catch {
    signal?.throwIfAborted();
    // "nodes reached" asks the same hands, and tells why.
    return undefined;
  }
}

/** Undefined for what no agent of ours has been told. */
function namespaceIn(text: string | undefined): string | undefined {
  try {
    const { tenant, namespace } = JSON.parse(text ?? '').pulsar;
    return `${tenant}/${namespace}`;
  } catch {
    return undefined;
  }
}
