import { planSandbox } from '../../src/sandbox/plan-sandbox.ts';
import type { CassandraLine } from '../../src/sandbox/sandbox-release.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';

/** A sandbox as planned, with nothing running. */
export function aSandbox(part: { dir?: string; cassandra?: CassandraLine; source?: readonly string[] } = {}): Sandbox {
  return planSandbox(part.dir ?? '/sandbox', part.cassandra ?? '5.0', {
    source: part.source ?? ['127.70.1.11'],
    target: '127.70.1.21',
    cqlPort: 9042,
    storagePort: 7000,
    targetCqlPort: 9042,
    targetStoragePort: 7000,
    jmxPorts: [],
    pulsar: '127.0.0.1',
    brokerPort: 20_001,
    webPort: 20_002,
  });
}
