import type { CapacityHistory } from './quotas.ts';
import type { TableSchema } from './table-schema.ts';
import type { TableSettings, ViewType } from './table-settings.ts';
import type { Tags } from './tags.ts';

export type TableStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'RESTORING';
export type KeyspaceStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';
export type TypeStatus = 'CREATING' | 'ACTIVE' | 'DELETING';
type StreamStatus = 'ENABLING' | 'ENABLED' | 'DISABLING' | 'DISABLED';

export type Replication =
  | { readonly strategy: 'SINGLE_REGION' }
  | { readonly strategy: 'MULTI_REGION'; readonly regions: readonly string[] };

/** A record is replaced, never changed: who holds one holds what was true. */
export interface KeyspaceRecord {
  readonly name: string;
  readonly arn: string;
  readonly status: KeyspaceStatus;
  readonly replication: Replication;
  readonly tags: Tags;
}

export interface StreamRecord {
  readonly arn: string;
  /** When it was asked for, as ISO 8601. */
  readonly label: string;
  readonly status: StreamStatus;
  readonly viewType: ViewType;
  readonly createdAtMs: number;
  readonly tags: Tags;
}

export interface TableRecord {
  readonly keyspace: string;
  readonly name: string;
  readonly arn: string;
  readonly status: TableStatus;
  readonly schema: TableSchema;
  /** In force; what is being changed is not in them before the table is ACTIVE again. */
  readonly settings: TableSettings;
  readonly tags: Tags;
  readonly createdAtMs: number;
  /** Undefined while point-in-time recovery is off. */
  readonly recoverableSinceMs: number | undefined;
  /** Since when it is on demand. */
  readonly onDemandSinceMs: number | undefined;
  readonly warmStatus: 'AVAILABLE' | 'UPDATING';
  /** The latest stream, be it disabled. */
  readonly stream: StreamRecord | undefined;
  readonly capacityHistory: CapacityHistory;
}

export interface TypeRecord {
  readonly keyspace: string;
  readonly name: string;
  readonly status: TypeStatus;
  readonly fields: readonly { readonly name: string; readonly type: string }[];
  readonly modifiedAtMs: number;
}

/** Whether statements find it: a table that is being created or deleted is "unconfigured". */
export function isUsable({ status }: { readonly status: TableStatus | KeyspaceStatus | TypeStatus }): boolean {
  return status === 'ACTIVE' || status === 'UPDATING';
}
