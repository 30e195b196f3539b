import type { Message, Subscription } from '../ports/message-bus.ts';
import type { SinkBounds } from './sink-bounds.ts';

/** What has arrived, up to the bounds of a batch; waits for the first message, but no longer than `waitMs`. */
export async function receiveBatch(
  subscription: Subscription,
  { batchMessages, batchBytes }: Pick<SinkBounds, 'batchMessages' | 'batchBytes'>,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const first = subscription.poll() ?? (await receiveWithin(subscription, waitMs, signal));
  if (first === undefined) return [];
  const messages = [first];
  let bytes = first.payload.length;
  while (messages.length < batchMessages && bytes < batchBytes) {
    const message = subscription.poll();
    if (message === undefined) break;
    messages.push(message);
    bytes += message.payload.length;
  }
  return messages;
}

async function receiveWithin(
  subscription: Subscription,
  waitMs: number,
  signal: AbortSignal,
): Promise<Message | undefined> {
  const timeout = AbortSignal.timeout(waitMs);
  try {
    return await subscription.receive(AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return undefined;
    throw error;
  }
}
