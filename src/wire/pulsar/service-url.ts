import { PulsarError } from './pulsar-error.ts';

export interface BrokerUrl {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
}

/** `pulsar[+ssl]://host:port[,host:port]` as one URL a host. */
export function splitServiceUrl(serviceUrl: string): string[] {
  const match = /^(pulsar(?:\+ssl)?):\/\/([^/]+)\/?$/.exec(serviceUrl);
  if (!match) throw new PulsarError('Protocol', `not a service URL (pulsar://host:port): ${serviceUrl}`);
  return match[2]!.split(',').map((host) => `${match[1]}://${host}`);
}

export function parseBrokerUrl(url: string): BrokerUrl {
  const match = /^pulsar(\+ssl)?:\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(url);
  if (!match) throw new PulsarError('Protocol', `not a broker URL (pulsar://host:port): ${url}`);
  const isSecure = match[1] !== undefined;
  const host = match[2]!.replace(/^\[|\]$/g, '');
  return { isSecure, host, port: Number(match[3] ?? (isSecure ? 6651 : 6650)) };
}
