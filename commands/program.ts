import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { agentCommand } from './agent.ts';
import { ctlCommand } from './ctl.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { demoCommand } from './demo.ts';
import { initCommand } from './init.ts';
import { packCommand } from './pack.ts';
import { planCommand } from './plan.ts';
import { runCommand } from './run.ts';
import { sandboxCommand } from './sandbox.ts';
import { schemaCommand } from './schema.ts';
import { statusCommand } from './status.ts';
import { undoCommand } from './undo.ts';
import { validateCommand } from './validate.ts';
import { workerCommand } from './worker.ts';

/** The operator's words. Exits are left to bin/. */
export function program(): Command {
  const cdcmig = new Command('cdcmig')
    .description('moves a live Apache Cassandra keyspace to Amazon Keyspaces through Apache Pulsar')
    .version(packageVersion())
    .addCommand(initCommand())
    .addCommand(planCommand())
    .addCommand(runCommand())
    .addCommand(validateCommand())
    .addCommand(statusCommand())
    .addCommand(ctlCommand())
    .addCommand(schemaCommand())
    .addCommand(deadLettersCommand())
    .addCommand(undoCommand())
    .addCommand(packCommand())
    .addCommand(workerCommand())
    .addCommand(agentCommand())
    .addCommand(sandboxCommand())
    .addCommand(demoCommand());
  return withoutExit(cdcmig);
}

/** package.json stands two folders above in the built package, one in the source tree. */
function packageVersion(): string {
  const file = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url)).find(existsSync);
  return file ? JSON.parse(readFileSync(file, 'utf8')).version : 'unknown';
}

/** commander would end the process by itself; errors must come to the one place that ends it. */
function withoutExit(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) withoutExit(sub);
  return command;
}
