import { ConnectionPool } from '../../../src/wire/pulsar/connection-pool.ts';
import type { FixtureMessage } from './fixture-file.ts';

/** Stores recorded entries on a topic, byte by byte as the recorded broker had stored them. */
export async function replayFrames(
  pulsar: { readonly serviceUrl: string },
  topic: string,
  messages: readonly FixtureMessage[],
): Promise<void> {
  const pool = new ConnectionPool(pulsar);
  try {
    const connection = await pool.lookup(topic);
    await connection.request((requestId) => ({ producer: { topic, producerId: 0, requestId } }));
    const waiting = new Map<number, () => void>();
    const onReceipt = ({ sequenceId }: { readonly sequenceId: number }) => waiting.get(sequenceId)?.();
    connection.producers.set(0, { onReceipt, onSendError: () => {}, onDetached: () => {} });
    // Of a batch only the first message carries the entry.
    const frames = messages.flatMap(({ entry }) => (entry ? [Buffer.from(entry.frame, 'hex')] : []));
    await Promise.all(
      frames.map((frame, sequenceId) => {
        const stored = new Promise<void>((resolve) => waiting.set(sequenceId, resolve));
        connection.sendEntry({ send: { producerId: 0, sequenceId, messageCount: 1 } }, partsOf(frame));
        return stored;
      }),
    );
  } finally {
    await pool.close();
  }
}

/** Magic number, checksum, length of the metadata, metadata, payload. */
function partsOf(frame: Buffer) {
  if (frame.readUInt16BE(0) !== 0x0e01) throw new TypeError('an entry without a checksum');
  const end = 10 + frame.readUInt32BE(6);
  return { checksum: frame.readUInt32BE(2), head: frame.subarray(6, end), payload: frame.subarray(end) };
}
