import type { Message, Subscription } from '../ports/message-bus.ts';

/** What has arrived, up to `max` messages; waits for the first one, but no longer than `waitMs`. */
export async function receiveBatch(
  subscription: Subscription,
  max: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const first = subscription.poll() ?? (await receiveWithin(subscription, waitMs, signal));
  if (first === undefined) return [];
  const messages = [first];
  while (messages.length < max) {
    const message = subscription.poll();
    if (message === undefined) break;
    messages.push(message);
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
