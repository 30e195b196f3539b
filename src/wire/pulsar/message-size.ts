import type { OutgoingMessage } from './types.ts';

/** About what a message takes on the wire, uncompressed; never less. */
export function sizeOf(message: OutgoingMessage): number {
  const keys = Math.ceil((message.key?.length ?? 0) / 3) * 4 + (message.orderingKey?.length ?? 0);
  let bytes = message.payload.length + keys + 64;
  for (const [key, value] of Object.entries(message.properties ?? {})) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value) + 8;
  }
  return bytes;
}
