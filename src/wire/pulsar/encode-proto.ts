import { ByteWriter } from './byte-writer.ts';
import type { Kind, Table, ValueOf } from './proto-table.ts';

export function encodeProto<T extends Table>(table: T, value: ValueOf<T>): Buffer {
  const writer = new ByteWriter();
  writeProto(writer, table, value);
  return writer.written();
}

/** Appends a message without its length. */
export function writeProto<T extends Table>(writer: ByteWriter, table: T, value: ValueOf<T>): void {
  writeFields(writer, table, value as Record<string, unknown>);
}

function writeFields(writer: ByteWriter, table: Table, value: Record<string, unknown>): void {
  for (const field of table.list) {
    const content = value[field.name];
    if (content === undefined) continue;
    if (!field.isRepeated) writeField(writer, field.tag, field.kind, content);
    else for (const item of content as unknown[]) writeField(writer, field.tag, field.kind, item);
  }
}

function writeField(writer: ByteWriter, tag: number, kind: Kind, value: unknown): void {
  writer.varint(tag);
  if (kind === 'int') writer.varint(value as number);
  else if (kind === 'text') writer.text(value as string);
  else if (kind === 'bool') writer.byte(value ? 1 : 0);
  else if (kind === 'bits') writer.bigVarint(value as bigint);
  else if (kind === 'bytes') {
    writer.varint((value as Buffer).length);
    writer.bytes(value as Buffer);
  } else writeNested(writer, kind, value as Record<string, unknown>);
}

/** One byte is kept for the length; a message of 128 bytes or more is moved up to make room. */
function writeNested(writer: ByteWriter, table: Table, value: Record<string, unknown>): void {
  const at = writer.length;
  writer.byte(0);
  writeFields(writer, table, value);
  const size = writer.length - at - 1;
  if (size < 0x80) {
    writer.buffer[at] = size;
    return;
  }
  const extra = size < 0x4000 ? 1 : size < 0x200000 ? 2 : 3;
  writer.reserve(extra);
  writer.buffer.copyWithin(at + 1 + extra, at + 1, at + 1 + size);
  writer.length = at;
  writer.varint(size);
  writer.length += size;
}
