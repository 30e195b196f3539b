import { KeyspacesClient } from '@aws-sdk/client-keyspaces';
import { onTestFinished } from 'vitest';
import type { AccessKey } from '../../../../src/sandbox/keyspaces/access/access-key.ts';
import { controlPlane } from '../../../../src/sandbox/keyspaces/control-plane/control-plane.ts';
import { type JsonServer, serveJson } from '../../../../src/sandbox/keyspaces/control-plane/serve-json.ts';
import type { StateOptions } from '../../../../src/sandbox/keyspaces/keyspaces-state.ts';
import { account, aState, delayMs, type HeldState } from '../a-state.ts';

export const key: AccessKey = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret' };

export interface ServedState extends HeldState {
  readonly server: JsonServer;
  /** AWS's own client. */
  readonly client: KeyspacesClient;
  /** A client with another key. */
  readonly clientOf: (key: AccessKey) => KeyspacesClient;
  /** Lets what was asked for become ACTIVE. */
  readonly settle: () => Promise<void>;
}

/** A control plane over HTTP whose clock moves only when told; gone when the test has finished. */
export async function aControlPlane(
  keys: readonly AccessKey[] = [key],
  options: Partial<StateOptions> = {},
): Promise<ServedState> {
  const held = aState(options);
  const server = await serveJson({
    services: [controlPlane(held.state)],
    region: account.region,
    keys: () => keys,
    nowMs: Date.now,
    port: 0,
  });
  onTestFinished(() => server.close());
  const clientOf = (credentials: AccessKey) => {
    const client = new KeyspacesClient({ region: account.region, endpoint: server.url, credentials, maxAttempts: 1 });
    onTestFinished(() => client.destroy());
    return client;
  };
  return { ...held, server, clientOf, client: clientOf(keys[0] ?? key), settle: () => held.clock.advance(delayMs) };
}
