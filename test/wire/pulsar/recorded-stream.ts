import { readFileSync } from 'node:fs';

/**
 * What broker 4.0.8 sent over one connection: the login, a lookup, a producer with receipts, a Failover consumer that received, acknowledged
 * and sought, entries of our client and of Java's in every compression, single, batched and in chunks, a schema that is not there.
 */
export function recordedStream(): Buffer {
  const text = readFileSync(new URL('./fixtures/broker-stream.base64', import.meta.url), 'utf8');
  return Buffer.from(text, 'base64');
}

/** Where each frame of an undamaged stream begins. */
export function frameStarts(stream: Buffer): readonly number[] {
  const starts: number[] = [];
  for (let at = 0; at < stream.length; at += 4 + stream.readUInt32BE(at)) starts.push(at);
  return starts;
}
