import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { cacheFolder } from '../../../src/sandbox/cache-folder.ts';
import { findJava } from '../../../src/sandbox/find-java.ts';
import { freePorts } from '../../../src/sandbox/free-endpoints.ts';
import { installRelease } from '../../../src/sandbox/install-release.ts';
import { openedPackages } from '../../../src/sandbox/pulsar-arguments.ts';
import { pulsarRelease } from '../../../src/sandbox/sandbox-release.ts';
import { openPackages, smallJvm } from '../../../src/sandbox/server-arguments.ts';

interface Behind {
  readonly serviceUrl: string;
  readonly adminUrl: string;
}

/** Pulsar's own proxy before a broker, until the test ends. */
export async function aPulsarProxy(broker: Behind) {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-proxy-'));
  const home = await installRelease(pulsarRelease(), { cache: cacheFolder(), onProgress: () => {} });
  const [port, webPort] = (await freePorts(2)) as [number, number];
  writeFileSync(join(dir, 'proxy.conf'), confOf(broker, port, webPort));
  const jars = readdirSync(join(home, 'lib')).map((name) => join(home, 'lib', name));
  const main = ['org.apache.pulsar.proxy.server.ProxyServiceStarter', '-c', join(dir, 'proxy.conf')];
  const { command } = await findJava();
  const log = openSync(join(dir, 'proxy.log'), 'w');
  const stdio: ['ignore', number, number] = ['ignore', log, log];
  const child = spawn(command, [...jvmOf(home), '-cp', jars.join(':'), ...main], { stdio, cwd: dir });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  const logText = () => readFileSync(join(dir, 'proxy.log'), 'utf8');
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries > 400) throw new Error(`no proxy:\n${logText().slice(-3000)}`);
    await sleep(200);
  }
  return { serviceUrl: `pulsar://127.0.0.1:${port}`, logText };
}

function jvmOf(home: string): readonly string[] {
  return [
    '-Xmx128m',
    '-XX:MaxDirectMemorySize=128m',
    ...smallJvm,
    ...openPackages('--add-opens', openedPackages),
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-Dio.netty.eventLoopThreads=2',
    '-Dpulsar.log.appender=Console',
    '-Dpulsar.routing.appender.default=Console',
    '-Dpulsar.log.level=info',
    '-Dpulsar.log.root.level=info',
    `-Dlog4j.configurationFile=${join(home, 'conf', 'log4j2.yaml')}`,
  ];
}

function confOf({ serviceUrl, adminUrl }: Behind, port: number, webPort: number): string {
  const settings = {
    clusterName: 'standalone',
    brokerServiceURL: serviceUrl,
    brokerWebServiceURL: adminUrl,
    bindAddress: '127.0.0.1',
    advertisedAddress: '127.0.0.1',
    servicePort: port,
    webServicePort: webPort,
    // By default it goes to no address but the usual ports of other machines.
    brokerProxyAllowedHostNames: '*',
    brokerProxyAllowedIPAddresses: '*',
    brokerProxyAllowedTargetPorts: '*',
    numIOThreads: 2,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
