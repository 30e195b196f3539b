import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type AuthenticationType, Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { OperatorError } from '../../errors.ts';
import { judgeHostKey, knownKeyTypes } from './known-hosts.ts';
import { endpointText, type SshEndpoint } from './ssh-endpoint.ts';
import { connectFault, hostKeyFault } from './ssh-faults.ts';

export interface OpenSsh {
  readonly client: Client;
  /** Ends the connection, and those it was led through. */
  close(): void;
}

/** Connects and logs in, through the jump host if there is one. OperatorError says which of them refused, and why. */
export async function openConnection(endpoint: SshEndpoint, signal?: AbortSignal): Promise<OpenSsh> {
  signal?.throwIfAborted();
  if (!endpoint.jump) return logIn(endpoint, undefined, signal);
  const jump = await openConnection(endpoint.jump, signal);
  try {
    const through = await leadThrough(jump.client, endpoint);
    const { client, close } = await logIn(endpoint, through, signal);
    client.once('close', jump.close);
    return {
      client,
      close() {
        close();
        jump.close();
      },
    };
  } catch (error) {
    jump.close();
    throw error;
  }
}

async function logIn(endpoint: SshEndpoint, through: Duplex | undefined, signal?: AbortSignal): Promise<OpenSsh> {
  const client = new Client();
  let refused: Error | undefined;
  const judge = (key: Buffer) => {
    const verdict = judgeHostKey(endpoint.knownHosts, endpoint, key);
    if (verdict !== 'known') refused = hostKeyFault(endpoint, verdict, fingerprint(key));
    return verdict === 'known';
  };
  const close = () => client.destroy();
  signal?.addEventListener('abort', close);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
      client.once('close', () => reject(new Error('the connection was closed')));
      client.connect(connectConfig(endpoint, judge, through));
    });
    // Small packets go back and forth: each would wait for the acknowledgement of the one before.
    client.setNoDelay(true);
    // A broken connection is told by the command that it breaks.
    client.on('error', () => {});
    return { client, close };
  } catch (error) {
    client.on('error', () => {});
    client.destroy();
    signal?.throwIfAborted();
    if (error instanceof OperatorError) throw error;
    throw refused ?? connectFault(endpoint, error as Error & { level?: string });
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

function connectConfig(
  endpoint: SshEndpoint,
  judge: (key: Buffer) => boolean,
  through: Duplex | undefined,
): ConnectConfig {
  const types = knownKeyTypes(endpoint.knownHosts, endpoint).flatMap(algorithmsOf);
  return {
    host: endpoint.host,
    port: endpoint.port,
    username: endpoint.user,
    ...secretsOf(endpoint),
    hostVerifier: judge,
    ...(through && { sock: through as NonNullable<ConnectConfig['sock']> }),
    ...(types.length > 0 && { algorithms: { serverHostKey: types } }),
    readyTimeout: 20_000,
    // A peer that is gone without a word is noticed after half a minute.
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
  };
}

/** Only what was configured is tried: a server counts every attempt. */
function secretsOf({ user, privateKey, passphrase, password, agentSocket }: SshEndpoint): Partial<ConnectConfig> {
  const ways: AuthenticationType[] = [
    ...(privateKey ? (['publickey'] as const) : []),
    ...(agentSocket ? (['agent'] as const) : []),
    ...(password ? (['password'] as const) : []),
  ];
  return {
    username: user,
    authHandler: ways,
    ...(privateKey && { privateKey: privateKey() }),
    ...(passphrase && { passphrase: passphrase() }),
    ...(password && { password: password() }),
    ...(agentSocket && { agent: agentSocket }),
  };
}

/** An RSA key signs by three algorithms; the one with SHA-1 is left out. */
function algorithmsOf(keyType: string): readonly ServerHostKeyAlgorithm[] {
  return (keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [keyType]) as ServerHostKeyAlgorithm[];
}

function leadThrough(client: Client, endpoint: SshEndpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, endpoint.host, endpoint.port, (error, stream) => {
      if (error) reject(connectFault(endpoint, new Error(`${endpointText(endpoint.jump!)} answers: ${error.message}`)));
      else resolve(stream);
    });
  });
}

/** As ssh-keygen and ssh show it. */
function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
