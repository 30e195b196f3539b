import { z } from 'zod';
import type { KeyspacesState } from '../keyspaces-state.ts';
import { invalid, notFound } from '../state/keyspaces-error.ts';
import type { TableRecord } from '../state/records.ts';
import { tableArn } from '../state/resource-arn.ts';
import type { TableSchema } from '../state/table-schema.ts';
import type { TableSettings } from '../state/table-settings.ts';
import { type JsonOperation, operation } from './json-operation.ts';
import { pageOf } from './page-of.ts';
import { columns, name, ofKeyspace, ofTable, page, schemaDefinition, settings, tags } from './request-shapes.ts';
import { requestedSettings, tagMap } from './requested-settings.ts';
import { autoScalingAnswer, tableAnswer } from './table-answer.ts';

const newTable = ofTable.extend({
  ...settings.shape,
  schemaDefinition,
  comment: z.object({ message: z.string() }).optional(),
  tags: tags.optional(),
});
const change = ofTable.extend({ ...settings.shape, addColumns: columns.optional() });
const restore = z.object({
  sourceKeyspaceName: name,
  sourceTableName: name,
  targetKeyspaceName: name,
  targetTableName: name,
  /** Seconds since 1970. */
  restoreTimestamp: z.number().optional(),
  capacitySpecificationOverride: settings.shape.capacitySpecification,
  encryptionSpecificationOverride: settings.shape.encryptionSpecification,
  pointInTimeRecoveryOverride: settings.shape.pointInTimeRecovery,
  autoScalingSpecification: settings.shape.autoScalingSpecification,
  replicaSpecifications: settings.shape.replicaSpecifications,
  tagsOverride: tags.optional(),
});

/** What a new on-demand table takes at once: the other side where warm throughput is asked for one only. */
const unwarmed = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 };

export function tableOperations(state: KeyspacesState): Readonly<Record<string, JsonOperation>> {
  return {
    CreateTable: operation(
      newTable,
      (input) => (input.tags ? ['Create', 'TagResource'] : ['Create']),
      async (input) => ({ resourceArn: (await createTable(state, input)).arn }),
    ),
    UpdateTable: operation(change, 'Alter', async (input) => ({ resourceArn: (await updateTable(state, input)).arn })),
    GetTable: operation(ofTable, 'Select', (input) => tableAnswer(state, found(state, input))),
    DeleteTable: operation(ofTable, 'Drop', async ({ keyspaceName, tableName }) => {
      await state.deleteTable(keyspaceName, tableName);
      return {};
    }),
    ListTables: operation(z.object({ ...ofKeyspace.shape, ...page.shape }), 'Select', (input) =>
      listTables(state, input),
    ),
    GetTableAutoScalingSettings: operation(ofTable, 'Select', (input) => autoScalingAnswer(found(state, input))),
    RestoreTable: operation(restore, 'Restore', async (input) => ({
      restoredTableARN: (await restoreTable(state, input)).arn,
    })),
  };
}

function createTable(state: KeyspacesState, input: z.infer<typeof newTable>): Promise<TableRecord> {
  const ofTable = tagMap(input.tags);
  const { cdc, ...others } = requestedSettings(input, { tags: ofTable, warmThroughput: unwarmed });
  return state.createTable({
    keyspace: input.keyspaceName,
    name: input.tableName,
    schema: schemaOf(input.schemaDefinition),
    settings: { ...others, ...(cdc && { cdc }), ...(input.comment && { comment: input.comment.message }) },
    tags: ofTable,
  });
}

function updateTable(state: KeyspacesState, input: z.infer<typeof change>): Promise<TableRecord> {
  const { keyspaceName, tableName, addColumns } = input;
  const table = found(state, input);
  const { warmThroughput } = table.settings;
  const requested = requestedSettings(input, { tags: table.tags, warmThroughput });
  if (!addColumns) return state.updateTable(keyspaceName, tableName, requested);
  if (Object.keys(requested).length > 0) throw invalid('Only one table setting can be changed in one operation.');
  const added = addColumns.map((column) => ({ ...column, isStatic: false }));
  return state.addColumns(keyspaceName, tableName, added);
}

function restoreTable(state: KeyspacesState, input: z.infer<typeof restore>): Promise<TableRecord> {
  const source = { keyspace: input.sourceKeyspaceName, name: input.sourceTableName };
  const { tags = new Map(), settings: { warmThroughput } = { warmThroughput: unwarmed } } =
    state.table(source.keyspace, source.name) ?? {};
  const overrides = requestedSettings(
    {
      capacitySpecification: input.capacitySpecificationOverride,
      encryptionSpecification: input.encryptionSpecificationOverride,
      pointInTimeRecovery: input.pointInTimeRecoveryOverride,
      autoScalingSpecification: input.autoScalingSpecification,
      replicaSpecifications: input.replicaSpecifications,
    },
    { tags, warmThroughput },
  );
  return state.restoreTable({
    source,
    target: { keyspace: input.targetKeyspaceName, name: input.targetTableName },
    overrides: overrides as Partial<TableSettings>,
    ...(input.restoreTimestamp !== undefined && { atMs: input.restoreTimestamp * 1000 }),
    ...(input.tagsOverride && { tags: tagMap(input.tagsOverride) }),
  });
}

function listTables(
  state: KeyspacesState,
  { keyspaceName, ...request }: { keyspaceName: string } & z.infer<typeof page>,
): object {
  const tables = state.tables(keyspaceName);
  const { items, nextToken } = pageOf(tables, ({ name }) => name, `tables ${keyspaceName}`, request);
  return {
    tables: items.map(({ name, arn }) => ({ keyspaceName, tableName: name, resourceArn: arn })),
    nextToken,
  };
}

function schemaOf(definition: z.infer<typeof schemaDefinition>): TableSchema {
  const statics = definition.staticColumns?.map(({ name }) => name) ?? [];
  const names = definition.allColumns.map(({ name }) => name);
  const stranger = statics.find((name) => !names.includes(name));
  if (stranger !== undefined) throw invalid(`Static column ${stranger} is not among the columns.`);
  const { clusteringKeys = [] } = definition;
  return {
    columns: definition.allColumns.map((column) => ({ ...column, isStatic: statics.includes(column.name) })),
    partitionKey: definition.partitionKeys.map(({ name }) => name),
    clustering: clusteringKeys.map(({ name, orderBy }) => ({ name, isDescending: orderBy === 'DESC' })),
  };
}

function found(state: KeyspacesState, { keyspaceName, tableName }: z.infer<typeof ofTable>): TableRecord {
  const table = state.table(keyspaceName, tableName);
  if (table) return table;
  throw notFound(`Table ${keyspaceName}.${tableName}`, tableArn(state.account, keyspaceName, tableName));
}
