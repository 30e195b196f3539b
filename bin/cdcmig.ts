#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { memoryBounds } from './memory-bounds.ts';

// Once begun, a heap cannot be bounded any more: the process becomes one that was started so, under the same pid.
const bounds = memoryBounds(process.argv, [...process.execArgv, process.env.NODE_OPTIONS ?? '']);
if (bounds.length > 0 && process.platform !== 'win32')
  process.execve?.(process.execPath, [process.execPath, ...bounds, ...process.execArgv, ...process.argv.slice(1)]);
// Halves the start of every command. Modules are compiled as they are imported, so what is to be cached is imported below.
enableCompileCache();
const { CommanderError } = await import('commander');
const { program } = await import('../commands/program.ts');
const { exitCodeOf, exitCodes } = await import('../src/errors.ts');
const { errorText } = await import('../src/ui/error-text.ts');

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
