import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { hasChanges, type RestoredFile, restoreFiles } from './kept-files.ts';
import { agentService, keptOf, type NodeAgent } from './node-agent.ts';

export interface RemovedAgent {
  /** Files that were changed, and are what they were. */
  readonly restored: readonly RestoredFile[];
  /** Names in its folder that are not ours, and so are left. */
  readonly left: readonly string[];
}

/**
 * The agent does not run, its unit is gone, every changed file is what it was byte for byte, and its folder is gone unless
 * others keep something there. Each is looked at again; OperatorError for what is not so. Where a file was put back, `restart` is
 * called before the folder goes, and again by the next call if it fails. May be repeated.
 */
export async function removeAgent(
  agent: NodeAgent,
  restart: () => Promise<void>,
  signal?: AbortSignal,
): Promise<RemovedAgent> {
  const { admin, supervisor, settings } = agent;
  const { folder } = settings;
  await supervisor.remove(agentService(agent), signal);
  // Noted before the files say nothing of it any more.
  if (await hasChanges(keptOf(agent), signal)) await admin.writeFile(join(folder, restartDue), '', signal);
  const restored = await restoreFiles(keptOf(agent), signal);
  if ((await admin.digestOf(join(folder, restartDue), signal)) !== undefined) await restart();
  await admin.run(['rm', '-rf', '--', ...ours.map((name) => join(folder, name))], { signal });
  const left = await namesIn(agent, signal);
  if (left.length === 0) await admin.run(['rmdir', '--', folder], { signal });
  await throwOnRemains(agent, signal);
  return { restored, left };
}

/** There while the node runs with what was put back only in its files. */
const restartDue = 'restart-due';

/** All that deploy-agent and the agent write there; nothing else is deleted. */
const ours = [
  ...['bin', 'pulsar-ca.pem', 'agent.json', 'agent.log', 'agent.pid', 'kept'],
  ...['position.json', 'state.json', 'held'],
  restartDue,
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
