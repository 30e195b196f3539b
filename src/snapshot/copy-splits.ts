import type { CopiedSplit, Split } from '../model/split.ts';
import type { Message, Subscription } from '../ports/message-bus.ts';
import { decodeSplit } from './split-message.ts';

export interface CopyQueue {
  /** Shared, on the splits topic; with a small queue, since what waits here waits for no other worker. */
  readonly subscription: Subscription;
  /** Splits that this process copies at once. */
  readonly splitsAtOnce: number;
  /** True when nothing of it is left to do, and true for what no plan knows. */
  readonly isDone: (split: Split) => Promise<boolean>;
  /** What the books of a copied split say is left of it. */
  readonly restOf: (splitId: string) => Split | undefined;
  readonly publish: (rest: Split) => Promise<void>;
  readonly copy: (split: Split, signal: AbortSignal) => Promise<CopiedSplit>;
  /** Stores the books of a split; the split is acknowledged only when this has resolved. */
  readonly record: (copied: CopiedSplit) => Promise<void>;
  /** Aborts when no more splits are to be taken: all are copied, or the operator stops. What is in hand is finished. */
  readonly enough: AbortSignal;
  /** Aborts when what is in hand is to be given back at once. */
  readonly signal?: AbortSignal;
}

/**
 * Takes splits and copies them until `enough` aborts. A split whose copy ends in any other way than well is given back
 * before the failure is thrown; a worker that dies gives back its splits by dying.
 */
export async function copySplits(queue: CopyQueue): Promise<void> {
  const failed = new AbortController();
  const drop = queue.signal ? AbortSignal.any([queue.signal, failed.signal]) : failed.signal;
  const stopOthers = (error: unknown): never => {
    failed.abort(error);
    throw error;
  };
  const loops = Array.from({ length: queue.splitsAtOnce }, () => takeSplits(queue, drop).catch(stopOthers));
  const ended = await Promise.allSettled(loops);
  if (failed.signal.aborted && ended.some((end) => end.status === 'rejected')) throw failed.signal.reason;
}

async function takeSplits(queue: CopyQueue, drop: AbortSignal): Promise<void> {
  const wake = AbortSignal.any([drop, queue.enough]);
  for (;;) {
    const message = await receiveUnless(queue, wake, drop);
    if (message === undefined) return;
    try {
      await copyMessage(message, queue, drop);
    } catch (error) {
      // If it cannot be given back now, the broker does so when the connection ends.
      await queue.subscription.release(message.position).catch(() => undefined);
      throw error;
    }
  }
}

/** Undefined once there is enough. */
async function receiveUnless(queue: CopyQueue, wake: AbortSignal, drop: AbortSignal): Promise<Message | undefined> {
  drop.throwIfAborted();
  if (queue.enough.aborted) return undefined;
  try {
    return await queue.subscription.receive(wake);
  } catch (error) {
    drop.throwIfAborted();
    if (queue.enough.aborted) return undefined;
    throw error;
  }
}

/**
 * The order keeps the books: a split that is recorded and not acknowledged is skipped when it comes again, and its rest, which the books know by
 * then, is published again. A rest that comes twice is copied once, or twice to the same end.
 */
async function copyMessage(message: Message, queue: CopyQueue, drop: AbortSignal): Promise<void> {
  const split = decodeSplit(message.payload);
  if (!(await queue.isDone(split))) await queue.record(await queue.copy(split, drop));
  const rest = queue.restOf(split.id);
  if (rest) await queue.publish(rest);
  await queue.subscription.acknowledge(message.position);
}
