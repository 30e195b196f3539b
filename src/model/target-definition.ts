/** Of a table in Amazon Keyspaces; what is absent is left to the service. */
export interface KeyspacesSettings {
  readonly capacity:
    | { readonly mode: 'on-demand' }
    | { readonly mode: 'provisioned'; readonly readUnits: number; readonly writeUnits: number };
  readonly warmThroughput?: { readonly readUnitsPerSecond: number; readonly writeUnitsPerSecond: number };
  readonly pointInTimeRecovery: boolean;
  /** ARN of the operator's own key; absent: AWS's. */
  readonly kmsKey?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DefinedColumn {
  readonly name: string;
  /** As CQL writes it. */
  readonly type: string;
}

export interface DefinedTable {
  readonly kind: 'table';
  readonly name: string;
  /** All, key columns first. */
  readonly columns: readonly DefinedColumn[];
  readonly partitionKey: readonly string[];
  readonly clustering: readonly { readonly name: string; readonly isReversed: boolean }[];
  readonly statics: readonly string[];
  /** 0: none. */
  readonly defaultTtlSeconds: number;
  /** Undefined for a target that is a Cassandra. */
  readonly settings: KeyspacesSettings | undefined;
  readonly cql: string;
}

export interface DefinedType {
  readonly kind: 'type';
  readonly name: string;
  readonly fields: readonly DefinedColumn[];
  readonly cql: string;
}

export interface DefinedKeyspace {
  readonly kind: 'keyspace';
  readonly name: string;
  /** Of Keyspaces, where there are several. */
  readonly regions: readonly string[];
  readonly cql: string;
}

/** What the target must have, with the statement that creates it; in an order in which they can be created. */
export type TargetDefinition = DefinedKeyspace | DefinedType | DefinedTable;
