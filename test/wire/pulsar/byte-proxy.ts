import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../src/wire/pulsar/commands.ts';
import { FrameSplitter } from '../../../src/wire/pulsar/frame.ts';

interface ByteProxy {
  readonly host: string;
  /** Commands that clients sent through it. */
  readonly commands: readonly Command[];
  cutAll(): void;
}

/** Stands before the real broker: ends TLS if a certificate is given, notes what clients say, and can cut them off. */
export async function aByteProxy(target: { host: string; port: number }, certificate?: TlsOptions) {
  const commands: Command[] = [];
  const sockets = new Set<Socket>();
  const onClient = (client: Socket) => {
    const broker = connect(target);
    const frames = new FrameSplitter((command) => commands.push(command));
    client.on('data', (bytes: Buffer) => frames.push(bytes));
    client.pipe(broker).pipe(client);
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        broker.destroy();
      });
    }
  };
  const server = certificate ? createTlsServer(certificate, onClient) : createServer(onClient);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cutAll();
    server.close();
  });
  const proxy: ByteProxy = { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, commands, cutAll };
  return proxy;
}
