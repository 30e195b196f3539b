import { z } from 'zod';
import type { KeyspacesState } from '../keyspaces-state.ts';
import { keyspaceArn } from '../state/resource-arn.ts';
import { type JsonOperation, operation } from './json-operation.ts';
import { pageOf } from './page-of.ts';
import { columns, ofKeyspace, ofType, page } from './request-shapes.ts';

export function typeOperations(state: KeyspacesState): Readonly<Record<string, JsonOperation>> {
  const arnOf = (keyspaceName: string) => keyspaceArn(state.account, keyspaceName);
  return {
    CreateType: operation(ofType.extend({ fieldDefinitions: columns }), 'Create', async (input) => {
      const { keyspaceName, typeName, fieldDefinitions: fields } = input;
      await state.createType({ keyspace: keyspaceName, name: typeName, fields });
      return { keyspaceArn: arnOf(keyspaceName), typeName };
    }),
    GetType: operation(ofType, 'Select', ({ keyspaceName, typeName }) => {
      const use = state.typeUse(keyspaceName, typeName);
      const type = state.type(keyspaceName, typeName)!;
      return {
        keyspaceName,
        typeName,
        fieldDefinitions: type.fields,
        lastModifiedTimestamp: type.modifiedAtMs / 1000,
        status: type.status,
        directReferringTables: use.referringTables,
        directParentTypes: use.parentTypes,
        maxNestingDepth: use.nestingDepth,
        keyspaceArn: arnOf(keyspaceName),
      };
    }),
    DeleteType: operation(ofType, 'Drop', async ({ keyspaceName, typeName }) => {
      await state.deleteType(keyspaceName, typeName);
      return { keyspaceArn: arnOf(keyspaceName), typeName };
    }),
    ListTypes: operation(z.object({ ...ofKeyspace.shape, ...page.shape }), 'Select', (input) => {
      const types = state.types(input.keyspaceName);
      const { items, nextToken } = pageOf(types, ({ name }) => name, `types ${input.keyspaceName}`, input);
      return { types: items.map(({ name }) => name), nextToken };
    }),
  };
}
