import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { decodeInet, decodeUuid } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** Returns when all nodes have the same schema version; OperatorError naming who has not after half a minute. */
export async function waitForSchemaAgreement(asker: Asker, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const versions = await schemaVersions(asker, signal);
    if (new Set(versions.values()).size === 1) return;
    if (performance.now() > deadline) throw noAgreement(versions);
    await sleep(pollMs, undefined, { signal });
  }
}

const patienceMs = 30_000;
const pollMs = 100;

async function schemaVersions(asker: Asker, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const options = { ...(signal && { signal }) };
  const rows = [
    ...(await queryRows(asker, 'SELECT rpc_address AS address, schema_version FROM system.local', options)),
    ...(await queryRows(asker, 'SELECT native_address AS address, schema_version FROM system.peers_v2', options)),
  ];
  const known = rows.filter((row) => row.schema_version && row.address);
  return new Map(known.map((row) => [decodeInet(row.address!), decodeUuid(row.schema_version!)]));
}

function noAgreement(versions: ReadonlyMap<string, string>): OperatorError {
  return new OperatorError({
    expected: `all nodes to have one schema within ${patienceMs / 1000} s`,
    found: [...versions].map(([address, version]) => `${address} has ${version}`).join(', '),
    next: 'bring nodes that are down back up, or see nodetool describecluster, then run again',
  });
}
