import { qualifiedName } from '../../../model/table.ts';
import { addColumnsDdl, createTableDdl, dropTableDdl, settingsDdl } from './backing-ddl.ts';
import { changeSettings, type SettingsChange } from './change-settings.ts';
import { throwUnlessActive } from './keyspace-life.ts';
import { conflict, invalid } from './keyspaces-error.ts';
import { checkThroughput, recordCapacity, throwOnFull } from './quotas.ts';
import { checkName, type Realm } from './realm.ts';
import { isUsable, type KeyspaceRecord, type TableRecord } from './records.ts';
import { tableArn } from './resource-arn.ts';
import { beginStream, endStream, settleStream } from './stream-life.ts';
import { type ColumnDefinition, checkAddedColumns, checkSchema, type TableSchema } from './table-schema.ts';
import { newSettings, type TableSettings } from './table-settings.ts';
import { type Tags, withTags } from './tags.ts';
import { resolveTypes } from './type-life.ts';

export interface NewTable {
  readonly keyspace: string;
  readonly name: string;
  readonly schema: TableSchema;
  readonly settings?: Partial<TableSettings>;
  readonly tags?: Tags;
}

export function createTable(realm: Realm, wanted: NewTable): Promise<TableRecord> {
  return addTable(realm, wanted, 'CREATING');
}

/** `createTable`, or its like after a restore. */
export async function addTable(realm: Realm, wanted: NewTable, status: 'CREATING' | 'RESTORING'): Promise<TableRecord> {
  const table = newTable(realm, wanted, status);
  const { keyspace, name } = table;
  const { tables } = realm.holding(keyspace);
  await realm.run({
    statements: [createTableDdl(qualifiedName(table), table.schema, table.settings)],
    delayMs: realm.parts.delays.createMs,
    begin: () => {
      tables.set(name, table);
      realm.tell({ kind: 'table', keyspace, name, status });
    },
    undo: () => forget(realm, table),
    done: () => realm.putTable(table, { status: 'ACTIVE', ...settleStream(realm.table(keyspace, name)) }),
  });
  return table;
}

/** Changes one setting. The table serves meanwhile; the setting holds when it is ACTIVE again. */
export async function updateTable(
  realm: Realm,
  keyspace: string,
  name: string,
  change: SettingsChange,
): Promise<TableRecord> {
  const table = realm.table(keyspace, name);
  throwUnlessActive(table);
  const settings = changeSettings(table.settings, change);
  checkReplicas(realm.holding(keyspace).keyspace, settings);
  const { quotas } = realm.parts;
  checkThroughput(settings, capacitiesBut(realm, table), quotas);
  const { nowMs } = realm;
  await runUpdate(realm, table, settingsDdl(qualifiedName(table), table.settings, settings), {
    during: {
      ...(change.capacity && {
        capacityHistory: recordCapacity(
          table.capacityHistory,
          { before: table.settings.capacity, after: change.capacity },
          quotas,
          nowMs,
        ),
      }),
      ...(change.warmThroughput && { warmStatus: 'UPDATING' as const }),
      ...(change.cdc && { stream: beginStream(realm, table, change.cdc) }),
      ...(change.cdc === null && { stream: endStream(table) }),
    },
    after: {
      settings,
      warmStatus: 'AVAILABLE' as const,
      recoverableSinceMs: settings.pointInTimeRecovery ? (table.recoverableSinceMs ?? nowMs) : undefined,
      onDemandSinceMs: onDemandSince(table, settings, nowMs),
    },
  });
  return realm.table(keyspace, name);
}

export async function addColumns(
  realm: Realm,
  keyspace: string,
  name: string,
  columns: readonly ColumnDefinition[],
): Promise<TableRecord> {
  const table = realm.table(keyspace, name);
  throwUnlessActive(table);
  checkAddedColumns(table.schema, columns, resolveTypes(realm, keyspace));
  const schema = { ...table.schema, columns: [...table.schema.columns, ...columns] };
  await runUpdate(realm, table, [addColumnsDdl(qualifiedName(table), columns)], { during: {}, after: { schema } });
  return realm.table(keyspace, name);
}

/** Only from ACTIVE; one that is being deleted may be deleted again. */
export async function deleteTable(realm: Realm, keyspace: string, name: string): Promise<void> {
  const table = realm.table(keyspace, name);
  if (table.status === 'DELETING') return;
  throwUnlessActive(table);
  await realm.run({
    statements: [dropTableDdl(qualifiedName(table))],
    delayMs: realm.parts.delays.deleteMs,
    begin: () => realm.putTable(table, { status: 'DELETING', ...(table.stream && { stream: endStream(table) }) }),
    undo: () => realm.putTable(table, table),
    done: () => forget(realm, table),
  });
}

function newTable(realm: Realm, wanted: NewTable, status: TableRecord['status']): TableRecord {
  const { account, quotas } = realm.parts;
  const { keyspace: owner, tables } = realm.holding(wanted.keyspace);
  const { keyspace, name, schema, tags = new Map() } = wanted;
  checkName(name);
  if (!isUsable(owner)) throw conflict(`Keyspace ${keyspace} is ${owner.status}.`);
  if (tables.has(name)) throw conflict(`Table ${keyspace}.${name} already exists.`);
  checkSchema(schema, resolveTypes(realm, keyspace));
  const isReplicated = owner.replication.strategy === 'MULTI_REGION';
  const settings = newSettings({ ...wanted.settings, ...(isReplicated && { clientSideTimestamps: true }) });
  checkReplicas(owner, settings);
  throwOnFull(allTables(realm).length, quotas.tables, 'tables');
  checkThroughput(settings, allTables(realm).map(capacityOf), quotas);
  const { nowMs } = realm;
  const table: TableRecord = {
    ...{ keyspace, name, schema, settings, status },
    arn: tableArn(account, keyspace, name),
    tags: withTags(new Map(), tags, quotas.tagsPerResource),
    createdAtMs: nowMs,
    recoverableSinceMs: settings.pointInTimeRecovery ? nowMs : undefined,
    onDemandSinceMs: settings.capacity.mode === 'PAY_PER_REQUEST' ? nowMs : undefined,
    warmStatus: 'AVAILABLE',
    stream: undefined,
    capacityHistory: { switchedAtMs: undefined, decreasedAtMs: [] },
  };
  return settings.cdc ? { ...table, stream: beginStream(realm, table, settings.cdc) } : table;
}

function checkReplicas({ name, replication }: KeyspaceRecord, { replicas }: TableSettings): void {
  const regions = replication.strategy === 'MULTI_REGION' ? replication.regions : [];
  const stranger = replicas.find(({ region }) => !regions.includes(region));
  if (stranger) throw invalid(`Keyspace ${name} has no replica in ${stranger.region}.`);
}

interface UpdateParts {
  readonly during: Partial<TableRecord>;
  readonly after: Partial<TableRecord>;
}

function runUpdate(
  realm: Realm,
  table: TableRecord,
  statements: readonly string[],
  { during, after }: UpdateParts,
): Promise<void> {
  return realm.run({
    statements,
    delayMs: realm.parts.delays.updateMs,
    begin: () => realm.putTable(table, { status: 'UPDATING', ...during }),
    undo: () => realm.putTable(table, table),
    done: () => {
      const current = realm.holdings.get(table.keyspace)?.tables.get(table.name);
      if (current) realm.putTable(table, { status: 'ACTIVE', ...after, ...settleStream(current) });
    },
  });
}

function onDemandSince(table: TableRecord, settings: TableSettings, nowMs: number): number | undefined {
  if (settings.capacity.mode !== 'PAY_PER_REQUEST') return undefined;
  return table.onDemandSinceMs ?? nowMs;
}

function forget(realm: Realm, { keyspace, name }: TableRecord): void {
  realm.holdings.get(keyspace)?.tables.delete(name);
  realm.tell({ kind: 'table', keyspace, name, status: 'GONE' });
}

function allTables(realm: Realm): readonly TableRecord[] {
  return [...realm.holdings.values()].flatMap(({ tables }) => [...tables.values()]);
}

function capacitiesBut(realm: Realm, table: TableRecord): readonly TableSettings['capacity'][] {
  return allTables(realm)
    .filter((other) => other.arn !== table.arn)
    .map(capacityOf);
}

function capacityOf({ settings }: TableRecord): TableSettings['capacity'] {
  return settings.capacity;
}
