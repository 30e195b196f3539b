import { z } from 'zod';
import type { KeyspacesState } from '../keyspaces-state.ts';
import { invalid } from '../state/keyspaces-error.ts';
import type { KeyspaceRecord, Replication } from '../state/records.ts';
import { keyspaceArn } from '../state/resource-arn.ts';
import { type JsonOperation, operation } from './json-operation.ts';
import { pageOf } from './page-of.ts';
import { ofKeyspace, page, replication, settings, tags } from './request-shapes.ts';
import { tagMap } from './requested-settings.ts';

export function keyspaceOperations(state: KeyspacesState): Readonly<Record<string, JsonOperation>> {
  return {
    CreateKeyspace: operation(
      ofKeyspace.extend({ replicationSpecification: replication.optional(), tags: tags.optional() }),
      (input) => (input.tags ? ['Create', 'TagResource'] : ['Create']),
      async ({ keyspaceName, replicationSpecification, tags }) => {
        const wanted = { name: keyspaceName, replication: replicationOf(replicationSpecification), tags: tagMap(tags) };
        return { resourceArn: (await state.createKeyspace(wanted)).arn };
      },
    ),
    UpdateKeyspace: operation(
      ofKeyspace.extend({
        replicationSpecification: replication,
        clientSideTimestamps: settings.shape.clientSideTimestamps,
      }),
      'Alter',
      async ({ keyspaceName, replicationSpecification, clientSideTimestamps }) => {
        const replication = replicationOf(replicationSpecification);
        // Replicas are reconciled by timestamps; AWS wants the caller to say that the tables get them.
        if (replication.strategy === 'MULTI_REGION' && !clientSideTimestamps && hasUnstamped(state, keyspaceName))
          throw invalid('Adding Regions needs clientSideTimestamps to be ENABLED.');
        return { resourceArn: (await state.updateKeyspace(keyspaceName, replication)).arn };
      },
    ),
    GetKeyspace: operation(ofKeyspace, 'Select', ({ keyspaceName }) => getKeyspace(state, keyspaceName)),
    DeleteKeyspace: operation(ofKeyspace, 'Drop', async ({ keyspaceName }) => {
      await state.deleteKeyspace(keyspaceName);
      return {};
    }),
    ListKeyspaces: operation(z.object(page.shape), 'Select', (input) => {
      const all = [...systemKeyspaces(state), ...state.keyspaces()];
      const { items, nextToken } = pageOf(all, ({ name }) => name, 'keyspaces', input);
      return { keyspaces: items.map((keyspace) => summary(state, keyspace)), nextToken };
    }),
  };
}

function getKeyspace(state: KeyspacesState, name: string): object {
  const system = systemKeyspaces(state).find((keyspace) => keyspace.name === name);
  const keyspace = system ?? state.keyspace(name) ?? throwUnknown(state, name);
  const regions = regionsOf(state, keyspace);
  return {
    ...summary(state, keyspace),
    replicationGroupStatuses: regions.map((region) => ({ region, keyspaceStatus: keyspace.status })),
  };
}

/** The state's own refusal for a name that it does not know. */
function throwUnknown(state: KeyspacesState, name: string): never {
  state.tables(name);
  throw new Error(`keyspace ${name} is known after all`);
}

function summary(state: KeyspacesState, keyspace: KeyspaceRecord): object {
  return {
    keyspaceName: keyspace.name,
    resourceArn: keyspace.arn,
    replicationStrategy: keyspace.replication.strategy,
    replicationRegions: regionsOf(state, keyspace),
  };
}

function regionsOf({ account }: KeyspacesState, { replication }: KeyspaceRecord): readonly string[] {
  return replication.strategy === 'MULTI_REGION' ? replication.regions : [account.region];
}

function replicationOf(specification: z.infer<typeof replication> | undefined): Replication {
  if (specification?.replicationStrategy !== 'MULTI_REGION') return { strategy: 'SINGLE_REGION' };
  return { strategy: 'MULTI_REGION', regions: specification.regionList };
}

function hasUnstamped(state: KeyspacesState, keyspace: string): boolean {
  return state.tables(keyspace).some((table) => !table.settings.clientSideTimestamps);
}

/** Every account has them; they can be looked at only. */
function systemKeyspaces({ account }: KeyspacesState): readonly KeyspaceRecord[] {
  return ['system', 'system_schema', 'system_schema_mcs', 'system_multiregion_info'].map((name) => ({
    name,
    arn: keyspaceArn(account, name),
    status: 'ACTIVE',
    replication: { strategy: 'SINGLE_REGION' },
    tags: new Map(),
  }));
}
