import { sinkSubscription, topics } from '../model/topics.ts';
import type { Subscription } from '../ports/message-bus.ts';
import { PartitionMovedError } from './partition-moved-error.ts';
import { encodeProgress } from './partition-progress.ts';
import { sinkBounds } from './sink-bounds.ts';
import type { PublishProgress, SinkParts } from './sink-parts.ts';
import { runSinkSession } from './sink-session.ts';

/**
 * Applies the changes of every lane that Pulsar gives to this worker, until `signal` aborts. Any number of workers
 * may run it: a partition is with one of them at a time, and moves on when that one leaves or dies.
 */
export async function runSink(parts: SinkParts, signal: AbortSignal): Promise<void> {
  const publisher = await parts.bus.publisher(topics.progress, {}, signal);
  const publish: PublishProgress = async (progress) => {
    await publisher.publish({ payload: encodeProgress(progress) });
  };
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const hold = async (partition: number) => {
    try {
      await holdPartition(partition, publish, parts, either);
    } catch (error) {
      // One partition's bug ends them all: nobody would look after that partition.
      if (!either.aborted) failed.abort(error);
    }
  };
  try {
    await Promise.all(parts.lanes.map((_, partition) => hold(partition)));
    if (failed.signal.aborted) throw failed.signal.reason;
  } finally {
    await publisher.close();
  }
}

async function holdPartition(
  partition: number,
  publish: PublishProgress,
  parts: SinkParts,
  signal: AbortSignal,
): Promise<void> {
  const { queueMessages: queueSize, queueBytes } = sinkBounds(parts.lanes.length);
  while (!signal.aborted) {
    // A fresh subscription each time: what an earlier one had received and not acknowledged comes again.
    const subscription = await parts.bus.subscribe(parts.lanes[partition]!.topic, sinkSubscription, 'failover', {
      queueSize,
      queueBytes,
      signal,
    });
    try {
      await holdUntilLost(partition, subscription, publish, parts, signal);
    } finally {
      await subscription.close();
    }
  }
}

async function holdUntilLost(
  partition: number,
  subscription: Subscription,
  publish: PublishProgress,
  parts: SinkParts,
  signal: AbortSignal,
): Promise<void> {
  await untilActive(subscription, signal);
  if (signal.aborted) return;
  const lost = new AbortController();
  subscription.onActiveChange((isActive) => {
    if (!isActive) lost.abort(new PartitionMovedError(partition));
  });
  if (!subscription.isActive) return;
  parts.report({ kind: 'partition-taken', partition });
  try {
    await runSinkSession(partition, subscription, publish, parts, AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    // Its journal may know of the other worker before the broker has told us.
    const hasMoved = lost.signal.aborted || error instanceof PartitionMovedError;
    if (!hasMoved && !signal.aborted) throw error;
  } finally {
    parts.report({ kind: 'partition-left', partition });
  }
}

function untilActive(subscription: Subscription, signal: AbortSignal): Promise<void> {
  if (subscription.isActive) return Promise.resolve();
  return new Promise((resolve) => {
    subscription.onActiveChange((isActive) => {
      if (isActive) resolve();
    });
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
