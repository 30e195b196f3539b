import type { AgentConfig } from '../config/agent-config.ts';
import { type AgentToInstall, agentToInstall } from '../config/agent-to-install.ts';
import type { Config } from '../config/config.ts';
import { otherAgentIn, valueInBlock } from '../model/environment-block.ts';
import type { Finding } from '../model/finding.ts';
import { topicRoot } from '../model/topics.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { Check, CheckContext } from './check.ts';
import { fault } from './fault.ts';

const check = 'DataStax agent';

/** The jar is the one that is meant, and every node can take it; nothing where somebody else installs it. Asked of all at once. */
export const datastaxAgent: Check = {
  name: check,
  async ask(context) {
    const { config, handsOf, localShell, signal } = context;
    const installed = agentToInstall(config);
    if (!installed) return [];
    const nodes = config.capture.agents.map(async (agent) =>
      handsOf ? nodeFindings(agent, { ...handsOf(agent.node), config, signal }) : [],
    );
    const jar = localShell ? await jarFindings(installed, localShell, signal) : [];
    return [...jar, ...(await Promise.all(nodes)).flat()];
  },
};

async function jarFindings(
  { localJar, sha256 }: AgentToInstall,
  shell: NodeShell,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const found = await shell.digestOf(localJar, signal);
  if (found === sha256) return [];
  const next = 'take the jar from its release again, or mend datastax.agent.localJar and sha256';
  const what = found === undefined ? 'no such file' : `a file with SHA-256 ${found}`;
  return [fault(check, `${localJar} with SHA-256 ${sha256}`, what, next)];
}

interface Asked extends Pick<CheckContext, 'config'> {
  readonly signal: AbortSignal | undefined;
  readonly shell: NodeShell;
  readonly admin: NodeShell;
}

async function nodeFindings(agent: AgentConfig, asked: Asked): Promise<readonly Finding[]> {
  try {
    return [...(await scriptFindings(agent, asked)), ...(await readableFindings(agent, asked))];
  } catch {
    asked.signal?.throwIfAborted();
    // "nodes reached" asks the same hands, and tells why.
    return [];
  }
}

async function scriptFindings({ node, cassandraEnv }: AgentConfig, { config, admin, signal }: Asked) {
  const text = await admin.readFile(cassandraEnv!, signal);
  if (text === undefined)
    return [fault(check, `${cassandraEnv} on node ${node}`, 'no such file', 'mend cassandraEnv of that node')];
  const others = otherAgentIn(text);
  if (others.length === 0) return migrationFindings(node, text, config);
  const next = 'take it out there, and restart the node; or leave datastax.agent.localJar out and keep that one';
  const expected = `nobody else’s DataStax agent in ${cassandraEnv} of node ${node}`;
  return [fault(check, expected, others.map((line) => line.trim()).join('; '), next)];
}

/** A node has one agent, which tells one migration: with another's, that one would hear of nothing any more. */
function migrationFindings(node: string, text: string, { pulsar }: Config): readonly Finding[] {
  const own = topicRoot(pulsar);
  const found = valueInBlock(text, 'CDC_TOPIC_PREFIX');
  if (found === undefined || found.startsWith(own)) return [];
  const next = 'cut that migration over and undo its deploy-agent first';
  return [
    fault(check, `the DataStax agent of node ${node} to publish to ${own}`, `another migration’s: ${found}`, next),
  ];
}

/** What the agent reads when its node starts, as the node's user. */
async function readableFindings({ node }: AgentConfig, { config, shell, signal }: Asked) {
  const findings: Finding[] = [];
  for (const { key, path } of filesOnNodes(config)) {
    const { code } = await shell.run(['test', '-r', path], { signal, reads: true });
    if (code === 0) continue;
    const expected = `${path} on node ${node}, readable by the user as whom Cassandra runs`;
    findings.push(fault(check, expected, 'it is not', `bring it there, or mend datastax.agent.${key}`));
  }
  return findings;
}

function filesOnNodes({ datastax }: Config): readonly { readonly key: string; readonly path: string }[] {
  const { pulsarAuthParams, tlsTrustCertsFilePath } = datastax.agent!;
  return [
    ...(pulsarAuthParams === undefined
      ? []
      : [{ key: 'pulsarAuthParams', path: pulsarAuthParams.replace(/^file:(\/\/)?/, '') }]),
    ...(tlsTrustCertsFilePath === undefined ? [] : [{ key: 'tlsTrustCertsFilePath', path: tlsTrustCertsFilePath }]),
  ];
}
