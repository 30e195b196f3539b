import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from '../../../src/sandbox/cache-folder.ts';
import { findJava } from '../../../src/sandbox/find-java.ts';
import { findFreeEndpoints } from '../../../src/sandbox/free-endpoints.ts';
import { launchServer } from '../../../src/sandbox/launch-server.ts';
import { planSandbox } from '../../../src/sandbox/plan-sandbox.ts';
import { writeSandbox } from '../../../src/sandbox/sandbox-state.ts';
import { wipeSandbox } from '../../../src/sandbox/stop-sandbox.ts';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { anAuthority } from './own-certificates.ts';

const providers = 'org.apache.pulsar.broker.authentication.AuthenticationProvider';

/** A broker that demands tokens in the clear, certificates with TLS, and knows single messages of batches. */
export async function startSecuredBroker() {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-secured-'));
  const authority = await anAuthority(dir);
  const [server, client] = [await authority.sign('broker'), await authority.sign('client')];
  const secret = randomBytes(32);
  const tokenFor = (seconds: number) => signedToken(secret, seconds);
  const [tlsPort, webTlsPort] = [await freePort(), await freePort()];
  const planned = planSandbox(join(dir, 'sandbox'), '5.0', await findFreeEndpoints(dir, 1));
  const sandbox = {
    ...planned,
    pulsarSettings: {
      acknowledgmentAtBatchIndexLevelEnabled: true,
      authenticationEnabled: true,
      authenticationProviders: `${providers}Token,${providers}Tls`,
      authenticationRefreshCheckSeconds: 1,
      tokenSecretKey: `data:;base64,${secret.toString('base64')}`,
      brokerClientAuthenticationPlugin: 'org.apache.pulsar.client.impl.auth.AuthenticationToken',
      brokerClientAuthenticationParameters: JSON.stringify({ token: tokenFor(86_400) }),
      superUserRoles: 'operator,client',
      brokerServicePortTls: tlsPort,
      webServicePortTls: webTlsPort,
      tlsCertificateFilePath: server.certFile,
      tlsKeyFilePath: server.keyFile,
      tlsTrustCertsFilePath: authority.caFile,
      tlsRequireTrustedClientCertOnConnect: true,
    },
  };
  writeSandbox(sandbox);
  const java = await findJava();
  const context = { cache: cacheFolder(), java, onProgress: () => {} };
  await launchServer(sandbox, sandbox.pulsar, context);
  const admin = new PulsarAdmin({ adminUrl: sandbox.pulsar.adminUrl, auth: { token: tokenFor(86_400) } });
  await untilServing(admin);
  return {
    admin,
    tokenFor,
    client,
    ca: authority.ca,
    serviceUrl: sandbox.pulsar.serviceUrl,
    tlsServiceUrl: `pulsar+ssl://127.0.0.1:${tlsPort}`,
    adminUrl: sandbox.pulsar.adminUrl,
    tlsAdminUrl: `https://127.0.0.1:${webTlsPort}`,
    async stop() {
      await wipeSandbox(sandbox.dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type SecuredBroker = Awaited<ReturnType<typeof startSecuredBroker>>;

/** HS256; whom it is for is the role `operator`. */
function signedToken(secret: Buffer, seconds: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'operator', exp: Math.floor(Date.now() / 1000) + seconds };
  const content = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

async function untilServing(admin: PulsarAdmin): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await admin.topics('public/default');
      return;
    } catch (error) {
      if (tries > 900) throw error;
      await sleep(200);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
