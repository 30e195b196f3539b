import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { PulsarTls } from './types.ts';

/** For a TLS connection to this host: the certificate is always checked, against our authority if there is one. */
export function tlsSettings(host: string, { ca, cert, key, serverName }: PulsarTls = {}): ConnectionOptions {
  // An address is no server name: sending it as one is an error.
  const servername = serverName ?? (isIP(host) ? undefined : host);
  const given = Object.fromEntries(Object.entries({ ca, cert, key, servername }).filter(([, v]) => v !== undefined));
  return { rejectUnauthorized: true, ...given };
}

/** A certificate that is refused now is refused again: not worth a second try. */
export function isTlsFault(error: Error): boolean {
  return /CERT|SSL|TLS|UNABLE_TO/.test((error as NodeJS.ErrnoException).code ?? '');
}
