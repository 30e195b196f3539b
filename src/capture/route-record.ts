import type { AgentSettings } from '../model/agent-settings.ts';
import { tokenOf, topicPartitionOf } from '../model/token.ts';
import type { RecordOutline } from '../wire/commitlog/record-outline.ts';
import { schemaTopicTableIds } from '../wire/commitlog/system-table-ids.ts';

/** Where a record goes. */
export type Route =
  | { readonly kind: 'changes'; readonly partition: number }
  /** Published like any other change, and its nonce is owed a drain mark. */
  | { readonly kind: 'canary'; readonly partition: number; readonly nonce: string }
  | { readonly kind: 'schema' }
  /** Of a counter table: a state that can be applied to no other cluster, so it is counted only. */
  | { readonly kind: 'counter' }
  /** Of no interest to this migration. */
  | { readonly kind: 'none' };

/** By the head of a record, and by its body where the head is not enough. */
export type RouteRecord = (outline: RecordOutline, body: Buffer) => Route;

type Tables = Pick<
  AgentSettings,
  'changesPartitions' | 'wantedTableIds' | 'keyspaceTableIds' | 'counterTableIds' | 'canaryTableId'
>;

/** The decision for each record, of which only the first table is known without a schema. */
export function recordRouter(settings: Tables): RouteRecord {
  const wanted = new Set(settings.wantedTableIds);
  const keyspace = new Set([...settings.keyspaceTableIds, ...settings.wantedTableIds]);
  const counters = new Set(settings.counterTableIds);
  const wantedIds = [...wanted].map((id) => Buffer.from(id, 'hex'));
  const partitionOf = (key: Buffer) => topicPartitionOf(tokenOf(key), settings.changesPartitions);

  return ({ updateCount, firstTableId, partitionKey }, body) => {
    // Cassandra takes no batch that mixes counters with other tables: what follows in such a record is of counters too.
    if (counters.has(firstTableId)) return { kind: 'counter' };
    if (wanted.has(firstTableId)) return { kind: 'changes', partition: partitionOf(partitionKey) };
    if (schemaTopicTableIds.has(firstTableId)) return { kind: 'schema' };
    if (firstTableId === settings.canaryTableId)
      return { kind: 'canary', partition: partitionOf(partitionKey), nonce: partitionKey.toString('utf8') };
    if (updateCount === 1) return { kind: 'none' };
    // All updates of a record are of one keyspace, and only decoding can tell which tables follow the first: a wanted one may.
    // The first may be of a table that is younger than our settings; then the id of a wanted one stands somewhere behind it.
    const mayHoldWanted = keyspace.has(firstTableId) || wantedIds.some((id) => body.includes(id));
    return mayHoldWanted ? { kind: 'changes', partition: partitionOf(partitionKey) } : { kind: 'none' };
  };
}
