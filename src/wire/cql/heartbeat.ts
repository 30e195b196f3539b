import type { PoolSlot } from './pool-slot.ts';

export interface HeartbeatOptions {
  readonly heartbeatMs: number;
  readonly answerWithinMs: number;
  readonly maxInFlight: number;
}

/** Looks after one slot: hangs up if its connection is dead or has become useless, so that the slot fills it anew. */
export async function checkPulse(slot: PoolSlot, options: HeartbeatOptions): Promise<void> {
  const { connection } = slot;
  if (!connection?.isOpen || slot.isProbing) return;
  const { channel } = connection;
  if (channel.abandoned >= options.maxInFlight) {
    channel.fail('closed', 'every request on it was given up, and none answered since');
    return;
  }
  // A time-out followed by silence is the usual sign of a peer that vanished without a word.
  const isSilent = performance.now() - channel.lastHeardMs >= options.heartbeatMs || channel.timedOutSinceHeard;
  if (!isSilent) return;
  slot.isProbing = true;
  try {
    await connection.probe(options.answerWithinMs);
  } catch (error) {
    channel.fail('closed', 'no answer to a heartbeat', error);
  } finally {
    slot.isProbing = false;
  }
}
