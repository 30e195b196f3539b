import { BufferWriter, sizeOfText } from '../../../wire/cql/buffer-writer.ts';
import { opcodes } from '../../../wire/cql/frame.ts';

/** An answer of our own: an opcode and a body. */
export interface Answer {
  readonly opcode: number;
  readonly body: Buffer;
}

/** Writes a body of which only an upper bound of the size is known. */
export function bodyOf(maxBytes: number, write: (writer: BufferWriter) => void): Buffer {
  const writer = new BufferWriter(Buffer.allocUnsafe(maxBytes));
  write(writer);
  return writer.bytes.subarray(0, writer.position);
}

/** An ERROR; `details` writes what the code carries after its message, 64 bytes at most. */
export function errorAnswer(code: number, message: string, details: (writer: BufferWriter) => void = () => {}): Answer {
  const body = bodyOf(70 + sizeOfText(message), (writer) => {
    writer.int(code);
    writer.string(message);
    details(writer);
  });
  return { opcode: opcodes.ERROR, body };
}

/** The server no longer knows (or never knew) this prepared statement. */
export function unpreparedAnswer(id: Buffer): Answer {
  const message = `Prepared query with ID ${id.toString('hex')} not found`;
  return errorAnswer(0x2500, message, (writer) => writer.shortBytes(id.subarray(0, 60)));
}

export function emptyAnswer(opcode: number): Answer {
  return { opcode, body: Buffer.alloc(0) };
}

const resultKinds = { void: 1, setKeyspace: 3, schemaChange: 5 } as const;

export const voidAnswer: Answer = {
  opcode: opcodes.RESULT,
  body: bodyOf(4, (writer) => writer.int(resultKinds.void)),
};

export function setKeyspaceAnswer(keyspace: string): Answer {
  const body = bodyOf(6 + sizeOfText(keyspace), (writer) => {
    writer.int(resultKinds.setKeyspace);
    writer.string(keyspace);
  });
  return { opcode: opcodes.RESULT, body };
}

export interface SchemaChange {
  readonly change: 'CREATED' | 'UPDATED' | 'DROPPED';
  readonly target: 'KEYSPACE' | 'TABLE' | 'TYPE';
  readonly keyspace: string;
  /** Of a table or type. */
  readonly name?: string;
}

export function schemaChangeAnswer({ change, target, keyspace, name }: SchemaChange): Answer {
  const body = bodyOf(64 + 3 * (keyspace.length + (name?.length ?? 0)), (writer) => {
    writer.int(resultKinds.schemaChange);
    writer.string(change);
    writer.string(target);
    writer.string(keyspace);
    if (name !== undefined) writer.string(name);
  });
  return { opcode: opcodes.RESULT, body };
}

/** SUPPORTED: neither compression nor a version above v4. */
export function supportedAnswer(): Answer {
  const options: Readonly<Record<string, readonly string[]>> = {
    CQL_VERSION: ['3.4.4'],
    COMPRESSION: [],
    PROTOCOL_VERSIONS: ['3/v3', '4/v4'],
  };
  const body = bodyOf(256, (writer) => {
    const entries = Object.entries(options);
    writer.short(entries.length);
    for (const [name, values] of entries) {
      writer.string(name);
      writer.short(values.length);
      for (const value of values) writer.string(value);
    }
  });
  return { opcode: opcodes.SUPPORTED, body };
}

export function authenticateAnswer(): Answer {
  const className = 'org.apache.cassandra.auth.PasswordAuthenticator';
  return { opcode: opcodes.AUTHENTICATE, body: bodyOf(64, (writer) => writer.string(className)) };
}

/** AUTH_CHALLENGE or AUTH_SUCCESS, with a token or without. */
export function tokenAnswer(opcode: number, token: Buffer | null): Answer {
  return { opcode, body: bodyOf(4 + (token?.length ?? 0), (writer) => writer.value(token)) };
}
