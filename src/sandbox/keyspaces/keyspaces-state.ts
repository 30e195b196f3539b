import type { ResolveUdt } from '../../model/cql-type.ts';
import type { BackingSchema } from './state/backing-ddl.ts';
import type { SettingsChange } from './state/change-settings.ts';
import { createKeyspace, deleteKeyspace, type NewKeyspace, updateKeyspace } from './state/keyspace-life.ts';
import { defaultQuotas, type Quotas } from './state/quotas.ts';
import { type Delays, Realm, type SchemaChange, type StandInClock } from './state/realm.ts';
import type { KeyspaceRecord, Replication, TableRecord, TypeRecord } from './state/records.ts';
import type { Account } from './state/resource-arn.ts';
import { type Restore, restoreTable } from './state/restore-table.ts';
import { addColumns, createTable, deleteTable, type NewTable, updateTable } from './state/table-life.ts';
import type { ColumnDefinition } from './state/table-schema.ts';
import { tagResource, tagsOf, untagResource } from './state/tag-resource.ts';
import type { Tags } from './state/tags.ts';
import {
  createType,
  deleteType,
  findType,
  type NewType,
  nestingDepth,
  parentTypes,
  referringTables,
  resolveTypes,
} from './state/type-life.ts';

export interface StateOptions {
  readonly account: Account;
  readonly clock: StandInClock;
  /** How long DDL takes; default two seconds each. */
  readonly delays?: Delays;
  readonly quotas?: Partial<Quotas>;
  readonly backing: BackingSchema;
  /** Of keyspaces on the backing cluster; default one replica. */
  readonly backingReplication?: string;
}

/**
 * What the stand-in's account has: one truth for CQL and the control plane. Looking is synchronous and cheap; a change
 * resolves when the backing cluster has taken it, with the resource CREATING, UPDATING or DELETING until its delay is
 * over. Refusals are KeyspacesErrors.
 */
export interface KeyspacesState {
  readonly account: Account;
  nowMs(): number;
  keyspace(name: string): KeyspaceRecord | undefined;
  keyspaces(): readonly KeyspaceRecord[];
  table(keyspace: string, name: string): TableRecord | undefined;
  /** Throws for an unknown keyspace. */
  tables(keyspace: string): readonly TableRecord[];
  type(keyspace: string, name: string): TypeRecord | undefined;
  types(keyspace: string): readonly TypeRecord[];
  resolveTypes(keyspace: string): ResolveUdt;
  typeUse(keyspace: string, name: string): TypeUse;
  createKeyspace(wanted: NewKeyspace): Promise<KeyspaceRecord>;
  updateKeyspace(name: string, replication: Replication): Promise<KeyspaceRecord>;
  deleteKeyspace(name: string): Promise<void>;
  createTable(wanted: NewTable): Promise<TableRecord>;
  updateTable(keyspace: string, name: string, change: SettingsChange): Promise<TableRecord>;
  addColumns(keyspace: string, name: string, columns: readonly ColumnDefinition[]): Promise<TableRecord>;
  deleteTable(keyspace: string, name: string): Promise<void>;
  restoreTable(restore: Restore): Promise<TableRecord>;
  createType(wanted: NewType): Promise<TypeRecord>;
  deleteType(keyspace: string, name: string): Promise<void>;
  tagsOf(arn: string): Tags;
  tag(arn: string, tags: Tags): void;
  untag(arn: string, keys: readonly string[]): void;
  /** Called after each change of a status or a record; returns how to end that. */
  subscribe(listener: (change: SchemaChange) => void): () => void;
  /** Ends the waits; what is still being created stays so. */
  close(): Promise<void>;
}

interface TypeUse {
  readonly referringTables: readonly string[];
  readonly parentTypes: readonly string[];
  readonly nestingDepth: number;
}

const twoSeconds: Delays = { createMs: 2_000, updateMs: 2_000, deleteMs: 2_000 };
const oneReplica = "{'class': 'SimpleStrategy', 'replication_factor': 1}";

export function createKeyspacesState(options: StateOptions): KeyspacesState {
  const { account, clock, backing, delays = twoSeconds, backingReplication = oneReplica } = options;
  const quotas = { ...defaultQuotas, ...options.quotas };
  const realm = new Realm({ account, clock, delays, quotas, backing, backingReplication });
  return { account, nowMs: () => realm.nowMs, ...looks(realm), ...changes(realm) };
}

type Looks = 'keyspace' | 'keyspaces' | 'table' | 'tables' | 'type' | 'types' | 'resolveTypes' | 'typeUse' | 'tagsOf';

function looks(realm: Realm): Pick<KeyspacesState, Looks> {
  return {
    keyspace: (name) => realm.holdings.get(name)?.keyspace,
    keyspaces: () => [...realm.holdings.values()].map(({ keyspace }) => keyspace),
    table: (keyspace, name) => realm.holdings.get(keyspace)?.tables.get(name),
    tables: (keyspace) => [...realm.holding(keyspace).tables.values()],
    type: (keyspace, name) => realm.holdings.get(keyspace)?.types.get(name),
    types: (keyspace) => [...realm.holding(keyspace).types.values()],
    resolveTypes: (keyspace) => resolveTypes(realm, keyspace),
    typeUse: (keyspace, name) => typeUse(realm, findType(realm, keyspace, name)),
    tagsOf: (arn) => tagsOf(realm, arn),
  };
}

function changes(realm: Realm): Omit<KeyspacesState, Looks | 'account' | 'nowMs'> {
  return {
    createKeyspace: (wanted) => createKeyspace(realm, wanted),
    updateKeyspace: (name, replication) => updateKeyspace(realm, name, replication),
    deleteKeyspace: (name) => deleteKeyspace(realm, name),
    createTable: async (wanted) => createTable(realm, wanted),
    updateTable: (keyspace, name, change) => updateTable(realm, keyspace, name, change),
    addColumns: (keyspace, name, columns) => addColumns(realm, keyspace, name, columns),
    deleteTable: (keyspace, name) => deleteTable(realm, keyspace, name),
    restoreTable: async (restore) => restoreTable(realm, restore),
    createType: (wanted) => createType(realm, wanted),
    deleteType: (keyspace, name) => deleteType(realm, keyspace, name),
    tag: (arn, tags) => tagResource(realm, arn, tags),
    untag: (arn, keys) => untagResource(realm, arn, keys),
    subscribe: (listener) => realm.subscribe(listener),
    close: () => realm.close(),
  };
}

function typeUse(realm: Realm, type: TypeRecord): TypeUse {
  return {
    referringTables: referringTables(realm, type),
    parentTypes: parentTypes(realm, type),
    nestingDepth: nestingDepth(realm, type),
  };
}
