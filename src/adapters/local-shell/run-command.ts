import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { CommandLine, EndedCommand, RunOptions } from '../../ports/node-shell.ts';

/** Runs it to its end; when the signal aborts, it is told to end and the signal's reason is thrown. */
export async function runCommand(command: CommandLine, options: RunOptions = {}): Promise<EndedCommand> {
  const { input = '', signal } = options;
  signal?.throwIfAborted();
  const [program, ...parameters] = command;
  const child = spawn(program, parameters, { cwd: '/' });
  const stop = () => {
    child.kill();
    // What it has started itself may live on and hold these open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  signal?.addEventListener('abort', stop);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
    child.once('close', (code) => resolve(code ?? 128));
  });
  // A program that does not read its input may have ended before it was given.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    signal?.throwIfAborted();
    return { code, stdout, stderr: code === 127 && stderr === '' ? `${program}: not found` : stderr };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
