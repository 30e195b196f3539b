import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { OperatorError } from '../../errors.ts';
import { type Authenticator, plainCredentials } from '../../wire/cql/credentials.ts';
import type { SocketAddress } from '../../wire/cql/open-socket.ts';
import type { ConnectionFacts } from '../cassandra/endpoint.ts';
import { amazonRoots } from './amazon-roots.ts';
import { type CredentialSource, credentialChain } from './aws-credentials.ts';
import { sigV4Authenticator } from './sigv4-authenticator.ts';

/** How to reach Keyspaces in one Region. */
export interface KeyspacesEndpoint {
  readonly region: string;
  /** `host:port` for CQL; default the Region's public one. */
  readonly cql?: SocketAddress;
  /** URL of the control plane; default the Region's public one. */
  readonly controlPlane?: string;
  /** Of AWS's configuration files; default what the environment says. */
  readonly profile?: string;
  /** Service-specific credentials for CQL, instead of a signature. The control plane takes signatures only. */
  readonly password?: { readonly username: string; readonly password: string };
  /** PEM file with authorities to trust besides Amazon's: those of a stand-in or of a proxy. */
  readonly caFile?: string;
  /** For each request; default 15 s: Keyspaces itself gives up after 10. */
  readonly requestTimeoutMs?: number;
}

export interface KeyspacesFacts extends ConnectionFacts {
  readonly address: SocketAddress;
  readonly credentials: CredentialSource;
  readonly certificateAuthorities: readonly string[];
}

/** What every connection is opened with. OperatorError if there are no credentials to sign with. */
export async function keyspacesFacts(endpoint: KeyspacesEndpoint): Promise<KeyspacesFacts> {
  const { region, profile, requestTimeoutMs = 15_000 } = endpoint;
  const address = endpoint.cql ?? { host: `cassandra.${region}.amazonaws.com`, port: 9142 };
  const certificateAuthorities = await authorities(endpoint.caFile);
  const credentials = credentialChain(profile);
  return {
    address,
    credentials,
    certificateAuthorities,
    requestTimeoutMs,
    authenticator: await authenticator(endpoint, credentials),
    login: { at: `Amazon Keyspaces in ${region}`, next: endpoint.password ? ofPassword : ofSignature },
    tls: {
      ca: [...certificateAuthorities],
      rejectUnauthorized: true,
      // Peers are addresses; all of them show the certificate of the endpoint's name.
      ...(!isIP(address.host) && { servername: address.host }),
    },
  };
}

const ofPassword =
  'check target.username, and what target.password refers to: service-specific credentials for Keyspaces';
const ofSignature =
  'see with `aws sts get-caller-identity` whose credentials these are, and that this machine’s clock is right';

async function authenticator(
  { region, password }: KeyspacesEndpoint,
  credentials: CredentialSource,
): Promise<Authenticator> {
  if (password) return plainCredentials(password.username, password.password);
  // Asked here once, so that their absence is told as such and not as a connection that failed.
  await credentials();
  return sigV4Authenticator({ region, credentials });
}

async function authorities(caFile: string | undefined): Promise<readonly string[]> {
  if (caFile === undefined) return amazonRoots;
  try {
    return [...amazonRoots, await readFile(caFile, 'utf8')];
  } catch (cause) {
    const found = (cause as Error).message;
    throw new OperatorError(
      { expected: `a PEM file at ${caFile}`, found, next: 'correct target.tlsCaFile or the rights of the file' },
      { cause },
    );
  }
}
