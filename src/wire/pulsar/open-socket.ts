import * as net from 'node:net';
import * as tls from 'node:tls';
import { PulsarError } from './pulsar-error.ts';
import type { BrokerUrl } from './service-url.ts';
import { isTlsFault, tlsSettings } from './tls-settings.ts';
import type { PulsarTls } from './types.ts';

const connectTimeoutMs = 10_000;

/** A connected socket; with TLS its certificate has been checked. */
export function openSocket(url: BrokerUrl, options: PulsarTls | undefined, signal?: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const socket = url.isSecure
      ? tls.connect({ host: url.host, port: url.port, ...tlsSettings(url.host, options) })
      : net.connect({ host: url.host, port: url.port });
    const timer = setTimeout(
      () => end(new PulsarError('Timeout', `no connection to ${url.host}:${url.port} within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const onAbort = () => end(signal?.reason);
    const onError = (cause: Error) => end(connectError(url, cause));
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
    };
    function end(reason: unknown): void {
      release();
      socket.on('error', () => {});
      socket.destroy();
      reject(reason);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', onError);
    socket.once(url.isSecure ? 'secureConnect' : 'connect', () => {
      release();
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function connectError(url: BrokerUrl, cause: Error): PulsarError {
  const reason = cause.message || (cause as NodeJS.ErrnoException).code;
  const code = isTlsFault(cause) ? 'TlsError' : 'Disconnected';
  return new PulsarError(code, `${url.host}:${url.port}: ${reason}`, { cause });
}
