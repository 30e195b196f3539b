import { expect, inject, vi } from 'vitest';
import { openTargetKeyspaces } from '../../../src/adapters/keyspaces/open-target-keyspaces.ts';
import type { DefinedTable } from '../../../src/model/target-definition.ts';
import type { TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import { aKeyspaceDefinition, aTableDefinition } from '../../support/a-definition.ts';
import { rawPool, run, targetEndpoint } from '../cassandra/sandbox-cluster.ts';
import { aRehearsedRegion, type RehearsedRegion } from './a-rehearsed-region.ts';
import { withKeysOf } from './with-keys-of.ts';

export interface RehearsedKeyspace {
  readonly standIn: RehearsedRegion['standIn'];
  readonly target: TargetKeyspace;
  /** Drops it, and fails if the stand-in met what it does not know. */
  close(): Promise<void>;
}

/** A keyspace of a stand-in of this process with one table in it, and the adapter to it. */
export async function aRehearsedKeyspace(keyspace: string, table: Partial<DefinedTable>): Promise<RehearsedKeyspace> {
  withKeysOf();
  const { standIn, endpoint, close } = await aRehearsedRegion(inject('sandbox'));
  const target = await openTargetKeyspaces({ ...endpoint, keyspace, queriesPerSecond: 1_000 });
  await target.define([aKeyspaceDefinition(keyspace), aTableDefinition(keyspace, table)]);
  return {
    standIn,
    target,
    async close() {
      await target.close();
      await close();
      const pool = rawPool(targetEndpoint());
      await run(pool, `DROP KEYSPACE IF EXISTS ${keyspace}`);
      await pool.close();
      vi.unstubAllEnvs();
      expect(standIn.bugs).toEqual([]);
    },
  };
}
