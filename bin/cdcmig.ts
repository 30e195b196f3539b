#!/usr/bin/env node
import { CommanderError } from 'commander';
import { program } from '../commands/program.ts';
import { exitCodeOf, exitCodes } from '../src/errors.ts';
import { errorText } from '../src/ui/error-text.ts';

/** The one place that prints an error and picks the exit code. */
try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
// Whatever a command has forgotten must not keep its process: start-sink would take it for a worker that works.
process.exit();
