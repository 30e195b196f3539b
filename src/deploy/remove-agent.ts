import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { type RestoredFile, restoreFiles } from './kept-files.ts';
import { agentService, keptOf, type NodeAgent } from './node-agent.ts';

export interface RemovedAgent {
  /** Files that were changed, and are what they were. */
  readonly restored: readonly RestoredFile[];
  /** Names in its folder that are not ours, and so are left. */
  readonly left: readonly string[];
}

/**
 * The agent does not run, its unit is gone, every changed file is what it was byte for byte, and its folder is gone unless
 * others keep something there. Each is looked at again; OperatorError for what is not so. May be repeated.
 */
export async function removeAgent(agent: NodeAgent, signal?: AbortSignal): Promise<RemovedAgent> {
  const { admin, supervisor, settings } = agent;
  await supervisor.remove(agentService(agent), signal);
  const restored = await restoreFiles(keptOf(agent), signal);
  const { folder } = settings;
  await admin.run(['rm', '-rf', '--', ...ours.map((name) => join(folder, name))], { signal });
  const left = await namesIn(agent, signal);
  if (left.length === 0) await admin.run(['rmdir', '--', folder], { signal });
  await throwOnRemains(agent, signal);
  return { restored, left };
}

/** All that deploy-agent and the agent write there; nothing else is deleted. */
const ours = [
  ...['bin', 'pulsar-ca.pem', 'agent.json', 'agent.log', 'agent.pid', 'kept'],
  ...['position.json', 'state.json', 'held'],
];

async function namesIn({ admin, settings }: NodeAgent, signal?: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await admin.run(['ls', '-A1', '--', settings.folder], { signal, reads: true });
  return stdout.split('\n').filter((name) => name !== '');
}

async function throwOnRemains(agent: NodeAgent, signal?: AbortSignal): Promise<void> {
  const { admin, settings, supervisor } = agent;
  const service = agentService(agent);
  const present: string[] = [];
  for (const path of [...ours.map((name) => join(settings.folder, name)), ...supervisor.definitionFiles(service)])
    if ((await admin.run(['test', '-e', path], { signal, reads: true })).code === 0) present.push(path);
  if (await supervisor.isRunning(service, signal)) present.push(`its running service ${service.name}`);
  if (present.length === 0) return;
  throw new OperatorError({
    expected: `nothing of the agent on ${admin.name}`,
    found: present.join(', '),
    next: 'see who owns them and repeat the command',
  });
}
