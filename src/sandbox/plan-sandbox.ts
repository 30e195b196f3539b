import { join } from 'node:path';
import type { Endpoints } from './free-endpoints.ts';
import type { CassandraLine } from './sandbox-release.ts';
import type { Sandbox, SandboxNode, SandboxPulsar } from './sandbox-state.ts';

/** A sandbox as it will be recorded, before any server runs. */
export function planSandbox(dir: string, cassandra: CassandraLine, endpoints: Endpoints): Sandbox {
  const { cqlPort, storagePort, targetCqlPort, targetStoragePort } = endpoints;
  return {
    dir,
    cassandra,
    source: endpoints.source.map((address, index) => {
      const jmxPort = endpoints.jmxPorts[index];
      const place = { address, cqlPort, storagePort, ...(jmxPort !== undefined && { jmxPort }) };
      return planNode(dir, `source-${index + 1}`, place);
    }),
    target: planNode(dir, 'target', {
      address: endpoints.target,
      cqlPort: targetCqlPort,
      storagePort: targetStoragePort,
    }),
    pulsar: planPulsar(dir, endpoints),
  };
}

/** A node as it will be recorded, before it runs. */
export function planNode(
  sandboxDir: string,
  name: SandboxNode['name'],
  place: Pick<SandboxNode, 'address' | 'cqlPort' | 'storagePort' | 'jmxPort' | 'joinsAt'>,
): SandboxNode {
  const dir = join(sandboxDir, name);
  return {
    name,
    ...place,
    ...serverFiles(dir),
    commitLogDir: join(dir, 'commitlog'),
    cdcRawDir: join(dir, 'cdc_raw'),
    yamlFile: join(dir, 'cassandra.yaml'),
    // SimpleSnitch knows no other.
    datacenter: 'datacenter1',
  };
}

function planPulsar(sandboxDir: string, endpoints: Endpoints): SandboxPulsar {
  const { pulsar: address, brokerPort, webPort } = endpoints;
  return {
    name: 'pulsar',
    address,
    brokerPort,
    webPort,
    ...serverFiles(join(sandboxDir, 'pulsar')),
    serviceUrl: `pulsar://${address}:${brokerPort}`,
    adminUrl: `http://${address}:${webPort}`,
  };
}

function serverFiles(dir: string) {
  return {
    dir,
    argsFile: join(dir, 'java.args'),
    logFile: join(dir, 'log', 'server.log'),
    pid: null,
    startMark: null,
  };
}
