export interface SchemaDefinition {
  readonly name: string;
  /** The protocol's number: 0 none, 1 string, 2 JSON, 4 Avro, 15 key-value. */
  readonly type: number;
  readonly data: Buffer;
  readonly properties: Readonly<Record<string, string>>;
}

export interface SchemaInfo extends SchemaDefinition {
  readonly version: Buffer | null;
}
