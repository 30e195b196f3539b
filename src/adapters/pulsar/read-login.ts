import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../errors.ts';
import type { PulsarSettings } from '../../model/agent-settings.ts';
import { credentialsFromFile, oauth2Token } from '../../wire/pulsar/oauth2-token.ts';
import type { PulsarAuth, PulsarTls } from '../../wire/pulsar/types.ts';

/** How brokers and their admin service are trusted, and how they know us; at most one of `token` and `oauth2`. */
export interface PulsarLogin extends Pick<PulsarSettings, 'tlsCaFile' | 'tlsCertFile' | 'tlsKeyFile' | 'oauth2'> {
  /** A function is asked at every connection, and when a broker does not take the last one any longer. */
  readonly token?: string | (() => string);
}

/** OperatorError for a PEM file that cannot be read; the key file of OAuth2 is read when a token is fetched. */
export async function readLogin(login: PulsarLogin): Promise<{ auth?: PulsarAuth; tls?: PulsarTls }> {
  const { token, oauth2, tlsCaFile, tlsCertFile, tlsKeyFile } = login;
  const tls = {
    ...(tlsCaFile !== undefined && { ca: await readPem('tlsCaFile', tlsCaFile) }),
    ...(tlsCertFile !== undefined && { cert: await readPem('tlsCertFile', tlsCertFile) }),
    ...(tlsKeyFile !== undefined && { key: await readPem('tlsKeyFile', tlsKeyFile) }),
  };
  return {
    ...(token !== undefined && { auth: { token } }),
    ...(oauth2 && { auth: { token: oauth2Token({ ...oauth2, credentials: credentialsFromFile(oauth2.keyFile) }) } }),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

async function readPem(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const found = (cause as Error).message;
    throw new OperatorError({ expected: `a PEM file at ${path}`, found, next: `correct ${key}` }, { cause });
  }
}
