import type { Client, ClientChannel } from 'ssh2';
import { shellQuote } from '../../model/shell-quote.ts';
import type { CommandLine, EndedCommand, RunOptions } from '../../ports/node-shell.ts';
import { type OpenSsh, openConnection } from './open-connection.ts';
import type { SshEndpoint } from './ssh-endpoint.ts';
import { brokenConnection } from './ssh-faults.ts';

/** One machine, connected when it is first needed, and again when the connection has broken since. */
export interface SshConnection {
  readonly endpoint: SshEndpoint;
  /** OperatorError where the connection cannot be had, or breaks before the command's end is known. */
  run(command: CommandLine, options?: RunOptions): Promise<EndedCommand>;
  close(): Promise<void>;
}

export function sshConnection(endpoint: SshEndpoint): SshConnection {
  let opening: Promise<OpenSsh> | undefined;
  const opened = (signal?: AbortSignal) => {
    opening ??= openConnection(endpoint, signal).then(
      (open) => {
        open.client.once('close', () => {
          opening = undefined;
        });
        return open;
      },
      (error) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  return {
    endpoint,
    async run(command, { input = '', signal } = {}) {
      const { client } = await opened(signal);
      signal?.throwIfAborted();
      const ended = await execute(client, commandText(command), { input, signal });
      signal?.throwIfAborted();
      if (ended === undefined) throw brokenConnection(endpoint, `to run ${command[0]}`);
      return ended;
    },
    async close() {
      const open = await opening?.catch(() => undefined);
      opening = undefined;
      open?.close();
    },
  };
}

/** The login's own folder may be closed to the user that a command becomes. */
function commandText(command: CommandLine): string {
  return `cd / && exec ${command.map(shellQuote).join(' ')}`;
}

/**
 * Undefined when the connection or the channel closed without telling how the command ended. All is listened to in the
 * callback itself: what follows in the same packet of TCP, and it may be all of it, is told before a promise would go on.
 */
function execute(client: Client, text: string, { input, signal }: RunOptions): Promise<EndedCommand | undefined> {
  return new Promise((resolve) => {
    const broken = () => resolve(undefined);
    client.once('close', broken);
    try {
      client.exec(text, (error, channel) => {
        client.off('close', broken);
        if (error) broken();
        else endOf(channel, input ?? '', signal, resolve);
      });
    } catch {
      // The socket is closed, which ssh2 tells at once; its event is still on its way.
      broken();
    }
  });
}

function endOf(
  channel: ClientChannel,
  input: string | Uint8Array,
  signal: AbortSignal | undefined,
  onEnd: (ended: EndedCommand | undefined) => void,
): void {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  let code: number | undefined;
  const stop = () => {
    channel.signal('TERM');
    channel.destroy();
    // A server that waits for the command keeps the channel open.
    onEnd(undefined);
  };
  signal?.addEventListener('abort', stop);
  channel.on('data', (part: Buffer) => stdout.push(part));
  channel.stderr.on('data', (part: Buffer) => stderr.push(part));
  // Ended by a signal: there is no code.
  channel.on('exit', (exitCode: number | null) => {
    code = exitCode ?? 128;
  });
  // A program that does not read its input may have ended before it was given.
  channel.on('error', () => {});
  channel.once('close', () => {
    signal?.removeEventListener('abort', stop);
    onEnd(code === undefined ? undefined : { code, stdout: textOf(stdout), stderr: textOf(stderr) });
  });
  channel.end(input);
}

function textOf(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString('utf8');
}
