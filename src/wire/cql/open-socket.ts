import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Connects, with TLS if `tls` is given (the certificate is checked unless it says otherwise); leaves nothing open on failure. */
export async function openSocket(
  address: SocketAddress,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = tls ? connectTls(tlsOptions(address, tls)) : connectTcp({ ...address });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal });
    return socket;
  } catch (error) {
    // An aborted attempt may still fail later; without a listener that error would end the process.
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}

function tlsOptions(address: SocketAddress, tls: ConnectionOptions): ConnectionOptions {
  const servername = isIP(address.host) ? {} : { servername: address.host };
  return { ...servername, ...tls, host: address.host, port: address.port };
}
