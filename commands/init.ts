import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { OperatorError } from '../src/errors.ts';
import { configOption } from './common-options.ts';

interface Options {
  readonly config: string;
  readonly force?: true;
}

/** `cdcmig init`: writes a configuration to be filled in, every key with its comment. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a configuration to fill in')
    .option('--force', 'replace a file that is there')
    .addOption(configOption())
    .action(init);
}

async function init({ config, force }: Options): Promise<void> {
  const template = await readFile(new URL('../templates/cdcmig.yaml', import.meta.url), 'utf8');
  try {
    await writeFile(config, template, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw writeFault(config, error as NodeJS.ErrnoException);
  }
  process.stderr.write(`wrote ${config}: fill it in, then look at \`cdcmig plan\`\n`);
}

function writeFault(config: string, cause: NodeJS.ErrnoException): OperatorError {
  if (cause.code === 'EEXIST')
    return new OperatorError(
      {
        expected: `no file ${config} yet`,
        found: 'one',
        next: 'name another with --config, or replace it with --force',
      },
      { cause },
    );
  return new OperatorError(
    { expected: `to write ${config}`, found: cause.message, next: 'name another with --config' },
    { cause },
  );
}
