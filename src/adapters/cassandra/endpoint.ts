import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { OperatorError } from '../../errors.ts';
import { type Authenticator, plainCredentials } from '../../wire/cql/credentials.ts';
import type { SocketAddress } from '../../wire/cql/open-socket.ts';

/** How to reach one datacenter of a cluster. */
export interface CassandraEndpoint {
  /** `host` or `host:port`; any node will do, the others are found through it. */
  readonly contactPoints: readonly string[];
  /** The one whose nodes we talk to. */
  readonly datacenter: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: CassandraTls;
  /** For each request; default 15 s. */
  readonly requestTimeoutMs?: number;
  /** How long reads that fail for passing reasons are tried again; default one minute. */
  readonly patienceMs?: number;
  /** Default 2. */
  readonly connectionsPerHost?: number;
  /** Default 512. */
  readonly maxInFlightPerConnection?: number;
}

/** The certificate is always checked; against the machine's own authorities without `caFile`. */
interface CassandraTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The name in the nodes' certificates, where it is not the address we connect to. */
  readonly serverName?: string;
}

/** What every connection to the cluster is opened with. */
export interface ConnectionFacts {
  readonly requestTimeoutMs: number;
  readonly tls?: ConnectionOptions;
  readonly authenticator?: Authenticator;
  /** Who lets us in, and what to look at when he does not; default: a Cassandra that takes passwords. */
  readonly login?: Login;
}

interface Login {
  readonly at: string;
  readonly next: string;
}

export async function connectionFacts(endpoint: CassandraEndpoint): Promise<ConnectionFacts> {
  const { username, password, tls, requestTimeoutMs = 15_000 } = endpoint;
  return {
    requestTimeoutMs,
    ...(tls && { tls: await tlsOptions(tls) }),
    ...(username !== undefined && { authenticator: plainCredentials(username, password ?? '') }),
  };
}

/** `host`, `host:port`, `[v6]`, `[v6]:port` or a bare v6 address. */
export function parseContactPoint(text: string): SocketAddress {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  if (!match) return { host: text, port: defaultPort };
  return { host: match[1]!, port: match[2] === undefined ? defaultPort : Number(match[2]) };
}

const defaultPort = 9042;

async function tlsOptions(tls: CassandraTls): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(readPem));
  return {
    rejectUnauthorized: true,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    const found = (cause as Error).message;
    throw new OperatorError(
      { expected: `a PEM file at ${path}`, found, next: 'correct its path or rights' },
      { cause },
    );
  }
}
