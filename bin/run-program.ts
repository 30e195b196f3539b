import { type Command, CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from '../src/errors.ts';
import { errorText } from '../src/ui/error-text.ts';

/** Runs what the command line asks for, prints an error once, picks the exit code and ends the process. */
export async function runProgram(program: Command): Promise<never> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    else {
      process.stderr.write(`${errorText(error)}\n`);
      process.exitCode = exitCodeOf(error);
    }
  }
  // A pipe takes what is written in its own time: without this a long answer would end in its middle.
  await Promise.all([process.stdout, process.stderr].map(written));
  // Whatever a command has forgotten must not keep its process: start-sink would take it for a worker that works.
  process.exit();
}

/** Resolves when all that was written before has left, or never will. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()));
}
