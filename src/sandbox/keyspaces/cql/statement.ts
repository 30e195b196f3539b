/** A part of the statement's text: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Literal = 'string' | 'number' | 'uuid' | 'hex' | 'boolean' | 'null';

/** What stands for a value. Bind markers are counted from 0 in the order of the text, as the protocol counts them. */
export type Term =
  | ({ readonly kind: 'marker'; readonly index: number; readonly name: string | undefined } & Span)
  | ({ readonly kind: 'literal'; readonly type: Literal; readonly text: string } & Span)
  | ({ readonly kind: 'column'; readonly name: string } & Span)
  | ({ readonly kind: 'call'; readonly name: string; readonly parts: readonly Term[] } & Span)
  /** A list, set, map, tuple, user-defined value, sum or cast: its parts in the order of the text. */
  | ({ readonly kind: 'compound'; readonly shape: string; readonly parts: readonly Term[] } & Span);

export interface TableName extends Span {
  readonly keyspace: string | undefined;
  readonly name: string;
}

export type Operator =
  | '='
  | '<'
  | '>'
  | '<='
  | '>='
  | '!='
  | 'in'
  | 'contains'
  | 'contains key'
  | 'like'
  | 'is not null';

export interface Relation {
  /** One column, several of `(a, b) = …`, or those inside of `token(…)`. */
  readonly columns: readonly string[];
  readonly isToken: boolean;
  readonly isTuple: boolean;
  readonly operator: Operator;
  /** One term; of IN with parentheses, its members. */
  readonly terms: readonly Term[];
  /** `IN (…)` rather than `IN ?`. */
  readonly isList: boolean;
  /** From the operator to the end of its terms: what is replaced to ask for one member of an IN. */
  readonly span: Span;
}

export interface Using {
  readonly timestamp: Term | undefined;
  readonly ttl: Term | undefined;
}

export interface Selector {
  readonly term: Term;
  readonly alias: string | undefined;
}

export interface Select {
  readonly kind: 'select';
  readonly table: TableName;
  readonly isJson: boolean;
  readonly isDistinct: boolean;
  /** Empty for `*`. */
  readonly selectors: readonly Selector[];
  readonly where: readonly Relation[];
  readonly groupBy: readonly string[];
  readonly orderBy: readonly { readonly column: string; readonly isDescending: boolean }[];
  readonly perPartitionLimit: Term | undefined;
  readonly limit: Term | undefined;
  readonly allowFiltering: boolean;
}

export interface Insert {
  readonly kind: 'insert';
  readonly table: TableName;
  /** Of INSERT JSON empty, as `values`. */
  readonly columns: readonly string[];
  readonly values: readonly Term[];
  readonly json: Term | undefined;
  readonly isConditional: boolean;
  readonly using: Using;
}

export interface Assignment {
  readonly column: string;
  /** `c[…] = …` or `c.f = …`. */
  readonly element: Term | undefined;
  readonly term: Term;
}

export interface Update {
  readonly kind: 'update';
  readonly table: TableName;
  readonly using: Using;
  readonly assignments: readonly Assignment[];
  readonly where: readonly Relation[];
  readonly isConditional: boolean;
  /** After IF; empty for IF EXISTS. */
  readonly conditions: readonly Relation[];
}

export interface Delete {
  readonly kind: 'delete';
  /** From WHERE to the end of its relations. */
  readonly whereSpan: Span;
  readonly table: TableName;
  /** Empty for the whole row. */
  readonly columns: readonly string[];
  readonly using: Using;
  readonly where: readonly Relation[];
  readonly isConditional: boolean;
  /** After IF; empty for IF EXISTS. */
  readonly conditions: readonly Relation[];
}

export type Mutation = Insert | Update | Delete;

export interface Batch {
  readonly kind: 'batch';
  readonly batchKind: 'logged' | 'unlogged' | 'counter';
  readonly using: Using;
  readonly statements: readonly Mutation[];
  /** Where each statement stands, in their order. */
  readonly spans: readonly Span[];
}

/** The value of an option of a CREATE or ALTER: scalars as text, maps and lists as such. */
export type OptionValue = string | readonly OptionValue[] | { readonly [name: string]: OptionValue };
export type Options = { readonly [name: string]: OptionValue };

export interface ColumnDefinition {
  readonly name: string;
  /** As written, blanks made one. */
  readonly type: string;
  readonly isStatic: boolean;
}

export interface TypeDefinition {
  readonly kind: 'create type';
  readonly type: TableName;
  readonly ifNotExists: boolean;
  readonly fields: readonly ColumnDefinition[];
}

export interface CreateTable {
  readonly kind: 'create table';
  readonly table: TableName;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  readonly clusteringOrder: readonly { readonly column: string; readonly isDescending: boolean }[];
  readonly options: Options;
}

export type TableChange =
  | { readonly kind: 'add'; readonly columns: readonly ColumnDefinition[] }
  | { readonly kind: 'with'; readonly options: Options }
  | { readonly kind: 'add tags' | 'drop tags'; readonly tags: OptionValue }
  | { readonly kind: 'drop' | 'rename' | 'alter column' };

export type Definition =
  | {
      readonly kind: 'create keyspace';
      readonly keyspace: string;
      readonly ifNotExists: boolean;
      readonly options: Options;
    }
  | { readonly kind: 'alter keyspace'; readonly keyspace: string; readonly options: Options }
  | { readonly kind: 'drop keyspace'; readonly keyspace: string; readonly ifExists: boolean }
  | CreateTable
  | { readonly kind: 'alter table'; readonly table: TableName; readonly change: TableChange }
  | { readonly kind: 'drop table'; readonly table: TableName; readonly ifExists: boolean }
  | { readonly kind: 'restore table'; readonly table: TableName; readonly source: TableName; readonly options: Options }
  | TypeDefinition
  | { readonly kind: 'drop type'; readonly type: TableName; readonly ifExists: boolean };

export type Statement =
  | Select
  | Mutation
  | Batch
  | Definition
  | { readonly kind: 'use'; readonly keyspace: string }
  /** Known to Cassandra, not to Keyspaces; the class is what Cassandra 3.11 parses it to. */
  | { readonly kind: 'unsupported'; readonly javaClass: string };
