#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { memoryBounds } from './memory-bounds.ts';

// Once begun, a heap cannot be bounded any more: the process becomes one that was started so, under the same pid.
const bounds = memoryBounds(process.argv, [...process.execArgv, process.env.NODE_OPTIONS ?? '']);
if (bounds.length > 0 && process.platform !== 'win32')
  process.execve?.(process.execPath, [process.execPath, ...bounds, ...process.execArgv, ...process.argv.slice(1)]);
// Halves the start of every command. Modules are compiled as they are imported, so what is to be cached is imported below.
enableCompileCache();
const { program } = await import('../commands/program.ts');
const { runProgram } = await import('./run-program.ts');

await runProgram(program());
