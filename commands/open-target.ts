import { openTargetCassandra } from '../src/adapters/cassandra/open-target-cassandra.ts';
import type { Config, KeyspacesTarget } from '../src/config/config.ts';
import { resolveReference } from '../src/config/read-config.ts';
import type { Report } from '../src/events.ts';
import type { TargetKeyspace } from '../src/ports/target-keyspace.ts';
import { endpointOf } from './endpoint-of.ts';

interface Opening {
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** The target keyspace, whichever kind it is. */
export async function openTarget(target: Config['target'], { signal, report }: Opening): Promise<TargetKeyspace> {
  if (target.kind === 'cassandra')
    return openTargetCassandra({ ...endpointOf(target), keyspace: target.keyspace, signal });
  // AWS's client takes a while to load, which only who uses it should wait for.
  const { openTargetKeyspaces } = await import('../src/adapters/keyspaces/open-target-keyspaces.ts');
  const onWait = (reason: string) => report({ kind: 'waiting', reason });
  return openTargetKeyspaces({ ...keyspacesOptions(target), onWait, signal });
}

function keyspacesOptions(target: KeyspacesTarget) {
  const { region, keyspace, queriesPerSecond, requestTimeoutMs } = target;
  const { endpoint, controlPlaneUrl, profile, username, tlsCaFile } = target;
  const secret = resolveReference(target.password);
  return {
    region,
    keyspace,
    queriesPerSecond,
    requestTimeoutMs,
    ...(endpoint && { cql: endpoint }),
    ...(controlPlaneUrl !== undefined && { controlPlane: controlPlaneUrl }),
    ...(profile !== undefined && { profile }),
    ...(username !== undefined && { password: { username, password: secret ?? '' } }),
    ...(tlsCaFile !== undefined && { caFile: tlsCaFile }),
  };
}
