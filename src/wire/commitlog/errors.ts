/** A segment that cannot be what its node wrote. Keep the file: what follows this place is lost to us. */
export class CorruptSegmentError extends Error {
  override readonly name = 'CorruptSegmentError';
  readonly file: string;
  /** File offset; in a compressed section, the offset of its marker. */
  readonly offset: number;

  constructor(file: string, offset: number, reason: string, options?: ErrorOptions) {
    super(`${file}, offset ${offset}: ${reason}`, options);
    this.file = file;
    this.offset = offset;
  }
}

/** A sound segment in a form that this library does not read: another version, encryption, an unknown compressor. */
export class UnsupportedSegmentError extends Error {
  override readonly name = 'UnsupportedSegmentError';
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.file = file;
  }
}

/** A record body that no Cassandra node writes. */
export class CorruptMutationError extends Error {
  override readonly name = 'CorruptMutationError';
  /** Offset in the record body. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(`record body, offset ${offset}: ${reason}`);
    this.offset = offset;
  }
}

/** The schema in hand has no table of this id: read the schema again and decode once more. */
export class UnknownTableError extends Error {
  override readonly name = 'UnknownTableError';
  /** 32 lower-case hex digits. */
  readonly tableId: string;

  constructor(tableId: string) {
    super(`no table with id ${tableId} is known`);
    this.tableId = tableId;
  }
}

/** The table in hand has no such column: read the schema again and decode once more. */
export class UnknownColumnError extends Error {
  override readonly name = 'UnknownColumnError';
  readonly keyspace: string;
  readonly table: string;
  readonly tableId: string;
  readonly column: string;

  constructor(table: { readonly keyspace: string; readonly name: string; readonly id: string }, column: string) {
    super(`table ${table.keyspace}.${table.name} (${table.id}) has no known column "${column}"`);
    this.keyspace = table.keyspace;
    this.table = table.name;
    this.tableId = table.id;
    this.column = column;
  }
}

/** A sound mutation that the model has no words for: a null clustering value of an old COMPACT STORAGE table. */
export class UnsupportedMutationError extends Error {
  override readonly name = 'UnsupportedMutationError';
  readonly keyspace: string;
  readonly table: string;

  constructor(table: { readonly keyspace: string; readonly name: string }, reason: string) {
    super(`table ${table.keyspace}.${table.name}: ${reason}`);
    this.keyspace = table.keyspace;
    this.table = table.name;
  }
}
