import { type Kind, type NamedField, type Table, type ValueOf, wireTypeOf } from './proto-table.ts';
import { PulsarError } from './pulsar-error.ts';

/** Reads the message in bytes[start, end); unknown fields are passed over, missing ones and ones of another kind are errors. */
export function decodeProto<T extends Table>(table: T, bytes: Buffer, start = 0, end = bytes.length): ValueOf<T> {
  if (end > bytes.length || start > end) throw malformed('truncated');
  return readMessage({ bytes, at: start }, table, end) as ValueOf<T>;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function readMessage(cursor: Cursor, table: Table, end: number): Record<string, unknown> {
  if (end > cursor.bytes.length) throw malformed('truncated');
  const message: Record<string, unknown> = {};
  while (cursor.at < end) {
    const tag = readVarint(cursor);
    const field = table.byNumber[tag >>> 3];
    if (field === undefined) skipValue(cursor, tag & 7);
    else if (field.isRepeated) readRepeated(cursor, field, tag & 7, message);
    else if (tag !== field.tag) throw malformed(`${field.name} with wire type ${tag & 7}`);
    else message[field.name] = readValue(cursor, field.kind);
  }
  if (cursor.at !== end) throw malformed('a field runs over the end');
  for (const name of table.requiredNames) if (message[name] === undefined) throw malformed(`no ${name}`);
  return message;
}

function readRepeated(cursor: Cursor, field: NamedField, wireType: number, message: Record<string, unknown>): void {
  message[field.name] ??= [];
  const list = message[field.name] as unknown[];
  const isPacked = wireType === 2 && wireTypeOf(field.kind) === 0;
  if (!isPacked) {
    if (wireType !== wireTypeOf(field.kind)) throw malformed(`${field.name} with wire type ${wireType}`);
    list.push(readValue(cursor, field.kind));
    return;
  }
  const length = readLength(cursor);
  const end = cursor.at + length;
  while (cursor.at < end) list.push(readValue(cursor, field.kind));
}

function readValue(cursor: Cursor, kind: Kind): unknown {
  if (kind === 'int') return readVarint(cursor);
  if (kind === 'bool') return readVarint(cursor) !== 0;
  if (kind === 'bits') return readBits(cursor);
  const length = readLength(cursor);
  if (typeof kind === 'object') return readMessage(cursor, kind, cursor.at + length);
  const start = cursor.at;
  cursor.at += length;
  return kind === 'bytes' ? cursor.bytes.subarray(start, cursor.at) : readText(cursor.bytes, start, cursor.at);
}

function readLength(cursor: Cursor): number {
  const length = readVarint(cursor);
  if (length < 0 || cursor.at + length > cursor.bytes.length) throw malformed('truncated');
  return length;
}

/** Short ASCII (keys, names) is quicker byte by byte than through the decoder. */
function readText(bytes: Buffer, start: number, end: number): string {
  if (end - start >= 24) return bytes.toString('utf8', start, end);
  let text = '';
  for (let i = start; i < end; i++) {
    const code = bytes[i]!;
    if (code > 0x7f) return bytes.toString('utf8', start, end);
    text += String.fromCharCode(code);
  }
  return text;
}

/** A signed 64-bit integer as a double. */
function readVarint(cursor: Cursor): number {
  const first = nextByte(cursor);
  if (first < 0x80) return first;
  let low = first & 0x7f;
  for (let shift = 7; shift < 28; shift += 7) {
    const byte = nextByte(cursor);
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) return low;
  }
  const middle = nextByte(cursor);
  low = (low | ((middle & 0x0f) << 28)) >>> 0;
  let high = (middle & 0x7f) >> 4;
  if (middle < 0x80) return high * 2 ** 32 + low;
  for (let shift = 3; shift < 35; shift += 7) {
    const byte = nextByte(cursor);
    high |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (high | 0) * 2 ** 32 + low;
  }
  throw malformed('varint of more than ten bytes');
}

function readBits(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = nextByte(cursor);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw malformed('varint of more than ten bytes');
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw malformed('truncated');
  return byte;
}

function skipValue(cursor: Cursor, wireType: number): void {
  if (wireType === 0) readVarint(cursor);
  else if (wireType === 1) cursor.at += 8;
  else if (wireType === 5) cursor.at += 4;
  else if (wireType === 2) skipBytes(cursor, readLength(cursor));
  else throw malformed(`wire type ${wireType}`);
}

/** Not `cursor.at += readLength(cursor)`: that reads `at` before the length has moved it. */
function skipBytes(cursor: Cursor, count: number): void {
  cursor.at += count;
}

function malformed(what: string): PulsarError {
  return new PulsarError('Protocol', `malformed protobuf: ${what}`);
}
