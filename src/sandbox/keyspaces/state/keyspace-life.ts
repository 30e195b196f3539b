import { createKeyspaceDdl, dropKeyspaceDdl } from './backing-ddl.ts';
import { conflict, invalid } from './keyspaces-error.ts';
import { throwOnFull } from './quotas.ts';
import { checkName, type Realm } from './realm.ts';
import type { KeyspaceRecord, Replication } from './records.ts';
import { keyspaceArn } from './resource-arn.ts';
import { type Tags, withTags } from './tags.ts';

export interface NewKeyspace {
  readonly name: string;
  readonly replication?: Replication;
  readonly tags?: Tags;
}

export async function createKeyspace(realm: Realm, wanted: NewKeyspace): Promise<KeyspaceRecord> {
  const { account, quotas, backingReplication, delays } = realm.parts;
  const { name, replication = { strategy: 'SINGLE_REGION' }, tags = new Map() } = wanted;
  checkName(name);
  checkReplication(replication, account.region);
  if (/^system(_|$)/.test(name)) throw invalid(`${name} is a system keyspace.`);
  if (realm.holdings.has(name)) throw conflict(`Keyspace ${name} already exists.`);
  throwOnFull(realm.holdings.size, quotas.keyspaces, 'keyspaces');
  const keyspace: KeyspaceRecord = {
    name,
    arn: keyspaceArn(account, name),
    status: 'CREATING',
    replication,
    tags: withTags(new Map(), tags, quotas.tagsPerResource),
  };
  await realm.run({
    statements: [createKeyspaceDdl(name, backingReplication)],
    delayMs: delays.createMs,
    begin: () => {
      realm.holdings.set(name, { keyspace, tables: new Map(), types: new Map() });
      tell(realm, keyspace);
    },
    undo: () => forget(realm, name),
    done: () => put(realm, name, { status: 'ACTIVE' }),
  });
  return keyspace;
}

/** Adds regions; the tables get client-side timestamps then, which replication needs. */
export async function updateKeyspace(realm: Realm, name: string, replication: Replication): Promise<KeyspaceRecord> {
  const { keyspace } = realm.holding(name);
  throwUnlessActive(keyspace);
  checkReplication(replication, realm.parts.account.region);
  if (keyspace.replication.strategy === 'MULTI_REGION' && replication.strategy === 'SINGLE_REGION')
    throw invalid('A multi-Region keyspace cannot become a single-Region one.');
  await realm.run({
    statements: [],
    delayMs: realm.parts.delays.updateMs,
    begin: () => put(realm, name, { status: 'UPDATING' }),
    undo: () => put(realm, name, { status: 'ACTIVE' }),
    done: () => {
      put(realm, name, { status: 'ACTIVE', replication });
      if (replication.strategy === 'MULTI_REGION') stampTables(realm, name);
    },
  });
  return realm.holding(name).keyspace;
}

/** Takes its tables and types with it. One that is being deleted may be deleted again. */
export async function deleteKeyspace(realm: Realm, name: string): Promise<void> {
  const { keyspace } = realm.holding(name);
  if (keyspace.status === 'DELETING') return;
  throwUnlessActive(keyspace);
  await realm.run({
    statements: [dropKeyspaceDdl(name)],
    delayMs: realm.parts.delays.deleteMs,
    begin: () => put(realm, name, { status: 'DELETING' }),
    undo: () => put(realm, name, { status: keyspace.status }),
    done: () => forget(realm, name),
  });
}

function stampTables(realm: Realm, name: string): void {
  for (const table of realm.holdings.get(name)?.tables.values() ?? [])
    realm.putTable(table, { settings: { ...table.settings, clientSideTimestamps: true } });
}

function put(realm: Realm, name: string, change: Partial<KeyspaceRecord>): void {
  const holding = realm.holdings.get(name);
  if (!holding) return;
  holding.keyspace = { ...holding.keyspace, ...change };
  tell(realm, holding.keyspace);
}

function forget(realm: Realm, name: string): void {
  realm.holdings.delete(name);
  realm.tell({ kind: 'keyspace', keyspace: name, name: undefined, status: 'GONE' });
}

function tell(realm: Realm, { name, status }: KeyspaceRecord): void {
  realm.tell({ kind: 'keyspace', keyspace: name, name: undefined, status });
}

export function throwUnlessActive({ name, status }: { readonly name: string; readonly status: string }): void {
  if (status !== 'ACTIVE') throw conflict(`${name} is ${status}.`);
}

function checkReplication(replication: Replication, region: string): void {
  if (replication.strategy === 'SINGLE_REGION') return;
  const regions = new Set(replication.regions);
  if (regions.size < 2) throw invalid('A multi-Region keyspace needs at least two Regions.');
  if (!regions.has(region)) throw invalid(`The Regions must include ${region}.`);
}
