import { spawn } from 'node:child_process';
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { SshEndpoint } from '../../../src/adapters/ssh/ssh-endpoint.ts';

const { Server, utils } = ssh2;

/** Where a connection breaks: before the command runs, in the middle of its input, or after it ended and before its end is told. */
export type Cut = 'before' | 'in its input' | 'before its end is told';

export interface SshServerOptions {
  readonly password?: string;
  /** Of the commands that it runs. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked for each command, numbered from 0 over all connections. */
  readonly cutAt?: (command: number, text: string) => Cut | undefined;
  /** Shell text that is run before each command. */
  readonly prelude?: string;
}

export interface SshServer {
  readonly endpoint: SshEndpoint;
  /** Every command that was run. */
  readonly commands: readonly string[];
  /** How often somebody connected. */
  readonly connections: () => number;
  cutAll(): void;
  close(): Promise<void>;
}

/** ssh2's own server on the loopback, which runs commands as this user. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const [host, user] = [soundKeys(), soundKeys()];
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  let connections = 0;
  const ssh = new Server({ hostKeys: [host.private] }, (connection) => serve(connection));
  const net = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  function serve(connection: Connection): void {
    connection.on('error', () => {});
    connection.on('authentication', (context) => (mayEnter(context) ? context.accept() : context.reject()));
    connection.on('session', (accept) => {
      const session = accept();
      session.on('signal', (acceptSignal) => acceptSignal?.());
      session.on('exec', (acceptExec, _reject, { command }) => {
        const number = commands.push(command) - 1;
        const cut = options.cutAt?.(number, command);
        if (cut === 'before') return cutAll();
        runFor(acceptExec(), command, cut);
      });
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = connectTo(destPort, destIP);
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => {});
        channel.pipe(socket).pipe(channel);
      });
    });
  }

  function mayEnter(context: AuthContext): boolean {
    if (context.method === 'password') return context.password === options.password;
    if (context.method !== 'publickey') return false;
    const known = utils.parseKey(user.public);
    if (known instanceof Error || !context.key.data.equals(known.getPublicSSH())) return false;
    return !context.signature || known.verify(context.blob!, context.signature, context.hashAlgo) === true;
  }

  function runFor(channel: ServerChannel, command: string, cut: Cut | undefined): void {
    const text = options.prelude ? `${options.prelude}\n${command}` : command;
    const child = spawn('sh', ['-c', text], { env: { ...process.env, ...options.environment } });
    child.stdin.on('error', () => {});
    channel.on('error', () => {});
    let isCut = false;
    channel.on('data', (part: Buffer) => {
      if (isCut || cut !== 'in its input') return child.stdin.write(part);
      child.stdin.write(part.subarray(0, Math.floor(part.length / 2)));
      isCut = true;
      cutAll();
    });
    channel.once('end', () => child.stdin.end());
    channel.once('close', () => child.stdin.end());
    child.stdout.on('data', (part) => channel.write(part));
    child.stderr.on('data', (part) => channel.stderr.write(part));
    child.once('close', (code) => {
      // Its end may come after somebody has connected again.
      if (isCut) return;
      if (cut !== undefined) return cutAll();
      channel.exit(code ?? 128);
      channel.end();
    });
  }

  await new Promise<void>((resolve) => net.listen(0, '127.0.0.1', resolve));
  const { port } = net.address() as AddressInfo;
  return {
    endpoint: {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      knownHosts: `[127.0.0.1]:${port} ${host.public}\n`,
      privateKey: () => user.private,
    },
    commands,
    connections: () => connections,
    cutAll,
    close: () =>
      new Promise((resolve) => {
        net.close(() => resolve());
        cutAll();
      }),
  };
}

/** One in some hundred of the keys that ssh2 makes cannot be read by ssh2 itself. */
function soundKeys(): { readonly private: string; readonly public: string } {
  for (;;) {
    const keys = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(keys.private) instanceof Error)) return keys;
  }
}
