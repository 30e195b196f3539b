import type { Config } from '../config/config.ts';
import { quoteName } from '../model/table.ts';
import type { DefinedKeyspace } from '../model/target-definition.ts';

/** Undefined where cdcmig is not to create it. */
export function keyspaceDefinition(target: Config['target']): DefinedKeyspace | undefined {
  const name = target.keyspace;
  const create = `CREATE KEYSPACE IF NOT EXISTS ${quoteName(name)} WITH replication = `;
  if (target.kind === 'cassandra')
    return target.replication && { kind: 'keyspace', name, regions: [], cql: create + mapText(target.replication) };
  const { region, replicaRegions } = target;
  const regions = [region, ...replicaRegions.filter((other) => other !== region)];
  return { kind: 'keyspace', name, regions, cql: create + mapText(replicationOf(regions)) };
}

function replicationOf(regions: readonly string[]): Readonly<Record<string, string>> {
  if (regions.length === 1) return { class: 'SingleRegionStrategy' };
  return { class: 'NetworkTopologyStrategy', ...Object.fromEntries(regions.map((region) => [region, '3'])) };
}

function mapText(map: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(map).map(([key, value]) => `'${key}': '${value}'`);
  return `{${pairs.join(', ')}}`;
}
