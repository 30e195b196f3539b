import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyspacesEndpoint } from '../../../src/adapters/keyspaces/keyspaces-endpoint.ts';
import { makeCertificates } from '../../../src/sandbox/keyspaces/certificates.ts';
import { controlPlane } from '../../../src/sandbox/keyspaces/control-plane/control-plane.ts';
import { serveJson } from '../../../src/sandbox/keyspaces/control-plane/serve-json.ts';
import type { StandInOptions } from '../../../src/sandbox/keyspaces/start-stand-in.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';
import { aStandIn, aUser, type RunningStandIn, region } from '../../sandbox/keyspaces/a-stand-in.ts';

export interface RehearsedRegion {
  readonly standIn: RunningStandIn;
  /** How the adapter reaches it; two front ends, found through the name of one. */
  readonly endpoint: KeyspacesEndpoint;
  /** The same, as a configuration names it. */
  readonly target: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A stand-in of this process, CQL and control plane both over TLS. */
export async function aRehearsedRegion(
  sandbox: Sandbox,
  options: Partial<StandInOptions> = {},
): Promise<RehearsedRegion> {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-region-'));
  const { authority, server: certificate } = makeCertificates(['127.0.0.1', 'localhost'], new Date());
  const standIn = await aStandIn(sandbox, { addresses: ['127.0.0.1', '127.0.0.2'], certificate, ...options });
  const server = await serveJson({
    services: [controlPlane(standIn.state)],
    region,
    keys: () => [aUser],
    nowMs: Date.now,
    port: 0,
    tls: { cert: certificate.pem, key: certificate.keyPem },
  });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.pem);
  return {
    standIn,
    endpoint: { region, cql: { host: 'localhost', port: standIn.port }, controlPlane: server.url, caFile },
    target: {
      ...{ kind: 'keyspaces', region, endpoint: `localhost:${standIn.port}` },
      ...{ controlPlaneUrl: server.url, tlsCaFile: caFile },
    },
    async close() {
      await server.close();
      await standIn.close();
      rmSync(folder, { recursive: true });
    },
  };
}
