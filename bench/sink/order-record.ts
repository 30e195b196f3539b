import type { RecordEvent } from '../../src/model/change-event.ts';
import { int, long } from '../support/encode.ts';

/** Deltas of timestamps count from here in the log's format (EncodingStats.TIMESTAMP_EPOCH), microseconds. */
const epochMicros = 1_442_880_000_000_000n;

const note = Buffer.from('a note of forty letters, neither more nor');

/** An INSERT into `orders (id bigint PRIMARY KEY, amount bigint, customer int, note text)` as it stands in a commit log. */
export function orderRecord(tableId: string, id: number, micros: bigint): RecordEvent {
  const key = long(BigInt(id));
  const body = Buffer.concat([
    vint(1n),
    Buffer.from(tableId, 'hex'),
    prefixed(key),
    // No deletion, no static row; the least timestamp, deletion time and TTL of the update; its columns.
    Buffer.from([0]),
    vint(micros - epochMicros),
    vint(0n),
    vint(0n),
    vint(3n),
    ...['amount', 'customer', 'note'].map((name) => prefixed(Buffer.from(name))),
    // A row with a timestamp of its own and all columns, each with that timestamp.
    Buffer.from([0x24]),
    vint(0n),
    Buffer.from([0x08]),
    long(BigInt(id) * 7n),
    Buffer.from([0x08]),
    int(id % 1_000),
    Buffer.from([0x08]),
    prefixed(note),
    Buffer.from([0x01]),
  ]);
  return { kind: 'record', node: benchNode, segment: 1n, position: id, logVersion: 7, body };
}

export const benchNode = 'bench-node';

export function orderKey(id: number): Buffer {
  return long(BigInt(id));
}

function prefixed(bytes: Buffer): Buffer {
  return Buffer.concat([vint(BigInt(bytes.length)), bytes]);
}

/** Cassandra's unsigned vint: the leading ones of the first byte say how many bytes follow. */
function vint(value: bigint): Buffer {
  let extra = 0;
  while (extra < 8 && value >> BigInt(7 * (extra + 1)) !== 0n) extra++;
  const bytes = Buffer.alloc(extra + 1);
  for (let at = 0; at < extra; at++) bytes[extra - at] = Number((value >> BigInt(8 * at)) & 0xffn);
  bytes[0] = extra === 8 ? 0xff : ((0xff00 >> extra) & 0xff) | Number(value >> BigInt(8 * extra));
  return bytes;
}
