import { type AddressInfo, connect } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

/** Ends TLS before a server that speaks in the clear, until the test ends; `host:port`. */
export async function aTlsFront(target: { host: string; port: number }, certificate: TlsOptions): Promise<string> {
  const ends = new Set<{ destroy(): void }>();
  const server = createServer(certificate, (client) => {
    const behind = connect(target);
    for (const end of [client, behind]) {
      ends.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        client.destroy();
        behind.destroy();
      });
    }
    client.pipe(behind).pipe(client);
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
