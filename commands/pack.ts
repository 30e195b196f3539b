import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { systemdUnit } from '../src/adapters/supervisors/systemd-unit.ts';
import { settingsText } from '../src/deploy/ensure-agents.ts';
import { agentService, type NodeAgent, settingsFile } from '../src/deploy/node-agent.ts';
import { agentsOf } from '../src/phases/agents-of.ts';
import { captureOf } from '../src/phases/deploy-agent.ts';
import { type CommonOptions, configOption } from './common-options.ts';
import { withContext, withPhases } from './context.ts';

/** `cdcmig pack`: the agents' folders, for those who roll out by other means. */
export function packCommand(): Command {
  return new Command('pack')
    .description('write what each node’s agent needs into folders, to be rolled out by Ansible, Kubernetes or others')
    .requiredOption('--dir <folder>', 'where to; it gets one folder for each node')
    .addOption(configOption())
    .action(pack);
}

async function pack(options: CommonOptions & { readonly dir: string }): Promise<void> {
  const phaseOptions = {
    writesStopped: false,
    hintsChecked: false,
    acceptPlan: undefined,
    validation: undefined,
    confirm: undefined,
  };
  await withContext({ config: options.config, report: () => {}, prepares: false }, (opened) =>
    withPhases(opened, phaseOptions, async (context) => {
      const capture = captureOf((await context.ledger.refresh(context.signal)).capture);
      const nodes = await context.source.nodes(context.signal);
      for (const agent of await agentsOf(nodes, capture, context)) {
        const folder = resolve(options.dir, agent.node.address);
        await packAgent(agent, folder);
        process.stdout.write(`${folder}\n`);
      }
    }),
  );
}

/** Below `folder` as it is to be below the agent's own folder, and its unit beside. */
async function packAgent(agent: NodeAgent, folder: string): Promise<void> {
  const place = (path: string) => join(folder, 'agent', relative(agent.settings.folder, path));
  await mkdir(join(folder, 'agent'), { recursive: true });
  for (const { from, to, mode } of agent.files) {
    await mkdir(dirname(place(to)), { recursive: true });
    await copyFile(from, place(to));
    await chmod(place(to), Number.parseInt(mode, 8));
  }
  await writeFile(place(settingsFile(agent)), settingsText(agent.settings));
  await writeFile(join(folder, `${agent.service}.service`), systemdUnit(agentService(agent)));
}
