import { Argument, Command } from 'commander';
import { readLetters } from '../src/apply/dead-letters.ts';
import { OperatorError } from '../src/errors.ts';
import { letterStatus } from '../src/phases/open-letters.ts';
import type { LedgerContext } from '../src/phases/phase-context.ts';
import { dropLetters, findLetters, replayLetters } from '../src/phases/settle-letters.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { lettersText, letterText } from '../src/ui/letters-text.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withLedger } from './context.ts';

interface Options extends CommonOptions {
  readonly all?: true;
}

/** `cdcmig dead-letters list|show|replay|drop`: what could not be decoded or written, and what becomes of it. */
export function deadLettersCommand(): Command {
  return new Command('dead-letters')
    .description('what could not be decoded or written; open ones keep the cutover from happening')
    .addCommand(
      subCommand('list', 'name the open ones').option('--all', 'also those that were replayed or dropped').action(list),
    )
    .addCommand(subCommand('show', 'tell all of one').addArgument(idArgument()).action(show))
    .addCommand(
      subCommand('replay', 'give one back to the workers: its row is brought over anew')
        .addArgument(idArgument().argOptional())
        .option('--all', 'all open ones')
        .action(replay),
    )
    .addCommand(
      subCommand('drop', 'say that nothing is lost by one')
        .addArgument(idArgument())
        .requiredOption('--reason <text>', 'why, for the ledger')
        .action(drop),
    );
}

function subCommand(name: string, description: string): Command {
  return new Command(name).description(description).addOption(configOption()).addOption(jsonOption());
}

function idArgument(): Argument {
  return new Argument('<id>', 'as `list` names it');
}

async function list({ config, json, all }: Options): Promise<void> {
  const letters = await inMigration(config, async ({ bus, ledger, signal }) => {
    const found = [...(await readLetters(bus, signal)).values()].map((letter) => letterStatus(letter, ledger.state));
    return all ? found : found.filter(({ state }) => state === 'open');
  });
  process.stdout.write(json ? `${jsonText(letters, 2)}\n` : lettersText(letters));
}

async function show(id: string, { config, json }: Options): Promise<void> {
  const letter = await inMigration(config, async (context) => {
    const [found] = await findLetters(context, [id]);
    return letterStatus(found!, context.ledger.state);
  });
  process.stdout.write(json ? `${jsonText(letter, 2)}\n` : letterText(letter));
}

async function replay(id: string | undefined, { config, json, all }: Options): Promise<void> {
  if ((id === undefined) === (all === undefined))
    throw new OperatorError(
      {
        expected: 'either the id of a dead letter or --all',
        found: id === undefined ? 'neither' : 'both',
        next: 'cdcmig dead-letters list names them',
      },
      { exitCode: 2 },
    );
  const letters = await inMigration(config, async (context) => {
    const found = await findLetters(context, id === undefined ? 'open' : [id]);
    await replayLetters(found, context);
    return found.map((letter) => letterStatus(letter, context.ledger.state));
  });
  process.stdout.write(
    json
      ? `${jsonText(letters, 2)}\n`
      : `${letters.length} given back to the workers; one that is refused once more is open again\n`,
  );
}

async function drop(id: string, { config, json, reason }: Options & { readonly reason: string }): Promise<void> {
  const letter = await inMigration(config, async (context) => {
    const found = await findLetters(context, [id]);
    await dropLetters(found, reason, context);
    return letterStatus(found[0]!, context.ledger.state);
  });
  process.stdout.write(json ? `${jsonText(letter, 2)}\n` : letterText(letter));
}

function inMigration<T>(config: string, work: (context: LedgerContext) => Promise<T>): Promise<T> {
  return withLedger({ config, report: () => {}, prepares: false }, work);
}
