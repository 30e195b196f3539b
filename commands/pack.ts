import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { systemdUnit } from '../src/adapters/supervisors/systemd-unit.ts';
import { readConfig } from '../src/config/read-config.ts';
import { settingsText } from '../src/deploy/ensure-agents.ts';
import { agentService, type NodeAgent, settingsFile } from '../src/deploy/node-agent.ts';
import { OperatorError, throwIfAny } from '../src/errors.ts';
import { faultsIn } from '../src/model/finding.ts';
import { agentsOf } from '../src/phases/agents-of.ts';
import { captureOf } from '../src/phases/deploy-agent.ts';
import { type CommonOptions, configOption } from './common-options.ts';
import { connectorFile } from './connector-file.ts';
import { currentPlan, withClusters, withContext, withPhases } from './context.ts';

interface Options extends CommonOptions {
  readonly dir: string;
}

/** `cdcmig pack`: the agents' folders, or the connectors' files, for those who bring them where they belong by other means. */
export function packCommand(): Command {
  return new Command('pack')
    .description(
      'write what each node’s agent needs into folders, or each connector’s file, to be rolled out by others',
    )
    .requiredOption('--dir <folder>', 'where to; it gets a folder for each node, or one of connectors')
    .addOption(configOption())
    .action(pack);
}

async function pack(options: Options): Promise<void> {
  await (readConfig(options.config).feed === 'datastax' ? packConnectors(options) : packAgents(options));
}

/** Of the plan as it is now: connectors are created after deploy-agent, and before anything is handed over. */
async function packConnectors(options: Options): Promise<void> {
  const { connectors, findings } = await withClusters(options.config, currentPlan);
  throwIfAny(faultsIn(findings));
  if (connectors.length === 0) throw nothingToPack();
  const folder = resolve(options.dir, 'connectors');
  await mkdir(folder, { recursive: true });
  for (const definition of connectors) {
    const file = join(folder, `${definition.name}.yaml`);
    await writeFile(file, connectorFile(definition));
    process.stdout.write(`${file}\n`);
  }
}

function nothingToPack(): OperatorError {
  return new OperatorError({
    expected: 'something to bring to others',
    found: 'feed: datastax with read: events, which needs neither agents of cdcmig nor connectors',
    next: 'see docs/datastax-feed.md for how the agents of DataStax get onto the nodes',
  });
}

async function packAgents(options: Options): Promise<void> {
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
