import { Argument, Command } from 'commander';
import type { SchemaChoice } from '../src/model/migration-status.ts';
import { decideSchema, type TakenDecision } from '../src/phases/decide-schema.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { decisionText } from '../src/ui/schema-text.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { currentPlan, withContext } from './context.ts';

interface Options extends CommonOptions {
  readonly reason?: string;
}

/** `cdcmig schema apply|ignore|stop TABLE`: what becomes of a table whose schema changed on the source. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('decide about a table whose schema has changed on the source; `cdcmig status` names it')
    .addCommand(choiceCommand('apply', 'alter the target like the source, then bring in what was parked'))
    .addCommand(
      choiceCommand('ignore', 'leave the changed columns out of what is moved and compared, then bring in the rest'),
    )
    .addCommand(
      choiceCommand('stop', 'take the table out of the migration').option('--reason <text>', 'why, for the ledger'),
    );
}

function choiceCommand(choice: SchemaChoice, description: string): Command {
  return new Command(choice)
    .description(description)
    .addArgument(new Argument('<table>', 'a table of the migration'))
    .addOption(configOption())
    .addOption(jsonOption())
    .action((table: string, options: Options) => decide(choice, table, options));
}

async function decide(choice: SchemaChoice, table: string, { config, json, reason }: Options): Promise<void> {
  const taken: TakenDecision = await withContext({ config, report: () => {}, prepares: false }, async (context) => {
    const decision = await decideSchema(context, { choice, table, reason });
    // Phases hold on to the plan; this one was agreed to by the decision.
    const { digest } = await currentPlan(context, context.ledger.state);
    await context.ledger.append({ kind: 'planned', digest });
    return decision;
  });
  process.stdout.write(json ? `${jsonText(taken, 2)}\n` : decisionText(taken));
}
