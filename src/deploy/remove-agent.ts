import { settingsFileName } from '../model/agent-settings.ts';
import { agentService, keptOf, type NodeAgent, startDueName } from './node-agent.ts';
import { present, putBack, throwOnRemains, type WhatIsBack } from './put-back.ts';
import { dueName } from './restart-with-cdc.ts';

/**
 * The agent does not run, its unit is gone, every changed file is what it was byte for byte, and its folder is gone unless
 * others keep something there. Each is looked at again; OperatorError for what is not so. Where a file was put back, `restart` is
 * called before the folder goes, and again by the next call if it fails. May be repeated.
 */
export async function removeAgent(
  agent: NodeAgent,
  restart: () => Promise<void>,
  signal?: AbortSignal,
): Promise<WhatIsBack> {
  const { admin, supervisor, settings } = agent;
  const service = agentService(agent);
  await supervisor.remove(service, signal);
  const back = await putBack({ kept: keptOf(agent), folder: settings.folder, ours, restart }, signal);
  const definitions = await present(admin, supervisor.definitionFiles(service), signal);
  const runs = await supervisor.isRunning(service, signal);
  throwOnRemains(admin, [...definitions, ...(runs ? [`its running service ${service.name}`] : [])]);
  return back;
}

/** All that deploy-agent and the agent write there; nothing else is deleted. */
const ours = [
  ...['bin', 'pulsar-ca.pem', settingsFileName, 'agent.log', 'agent.pid'],
  ...['position.json', 'state.json', 'held', dueName, startDueName],
];
