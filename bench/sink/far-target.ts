import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { SocketAddress } from '../../src/wire/cql/open-socket.ts';

export interface FarTarget {
  readonly address: SocketAddress;
  close(): void;
}

/**
 * A way to the target that takes time: what a client sends arrives so many milliseconds later, in its order; answers come back at once.
 * No more is on the way than the client has in flight.
 */
export async function openFarTarget(target: SocketAddress, delayMs: number): Promise<FarTarget> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const there = connect(target);
    client.on('data', (bytes) => {
      // Timers of the same length end in the order in which they began.
      setTimeout(() => there.write(bytes), delayMs);
    });
    there.pipe(client);
    for (const socket of [client, there]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        there.destroy();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
