import { BufferWriter } from '../../../src/wire/cql/buffer-writer.ts';

/** Bytes of a body in the notations of protocol v4, built part by part. */
export const short = (value: number) => written(2, (writer) => writer.short(value));
export const int = (value: number) => written(4, (writer) => writer.int(value));
export const byte = (value: number) => Buffer.from([value]);
export const string = (text: string) => Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
export const cell = (value: string | null) =>
  value === null ? int(-1) : Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);

/** A whole response frame. */
export function responseFrame(streamId: number, opcode: number, body: Buffer, flags = 0): Buffer {
  return Buffer.concat([Buffer.from([0x84, flags]), short(streamId), byte(opcode), int(body.length), body]);
}

/** The body of an ERROR. */
export function errorBody(code: number, message: string, ...payload: Buffer[]): Buffer {
  return Buffer.concat([int(code), string(message), ...payload]);
}

/** The body of a RESULT of kind rows with one text column `v` of table ks.t. */
export function textRowsBody(values: readonly (string | null)[], pagingState?: Buffer): Buffer {
  const paging = pagingState ? [int(pagingState.length), pagingState] : [];
  const table = [string('ks'), string('t')];
  const column = [string('v'), short(0x0d)];
  const flags = int(pagingState ? 3 : 1);
  return Buffer.concat([
    int(2),
    flags,
    int(1),
    ...paging,
    ...table,
    ...column,
    int(values.length),
    ...values.map(cell),
  ]);
}

/** The body of a RESULT of kind prepared: one bind column `v text`, no result columns. */
export function preparedBody(id: string, bindColumn = 'v'): Buffer {
  const head = [int(4), string(id), int(1), int(1), int(1), short(0)];
  return Buffer.concat([...head, string('ks'), string('t'), string(bindColumn), short(0x0d), int(4), int(0)]);
}

function written(size: number, write: (writer: BufferWriter) => void): Buffer {
  const writer = new BufferWriter(Buffer.alloc(size));
  write(writer);
  return writer.bytes;
}
