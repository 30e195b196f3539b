import { OperatorError } from '../errors.ts';
import type { Split } from '../model/split.ts';
import { topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { decodeSplit, encodeSplit, splitMessage } from './split-message.ts';

export interface SplitsToPublish {
  readonly bus: Pick<MessageBus, 'reader' | 'publisher'>;
  /** In the order in which they are to be taken. */
  readonly splits: readonly Split[];
  readonly isCopied: (splitId: string) => boolean;
  readonly signal?: AbortSignal;
}

export interface PublishedSplits {
  readonly published: number;
  /** On the topic since an earlier run, or copied. */
  readonly present: number;
}

/**
 * Puts those splits on the splits topic that are neither there nor copied. May be repeated after any interruption.
 * Topic and subscription have to exist. Throws OperatorError when a split of the same id and another stretch is there.
 */
export async function publishSplits({ bus, splits, isCopied, signal }: SplitsToPublish): Promise<PublishedSplits> {
  const present = await readPublished(bus, signal);
  throwOnOtherPlan(splits, present);
  const missing = splits.filter((split) => !present.has(split.id) && !isCopied(split.id));
  if (missing.length > 0) await publishAll(bus, missing, signal);
  return { published: missing.length, present: splits.length - missing.length };
}

async function readPublished(
  bus: Pick<MessageBus, 'reader'>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Split>> {
  const reader = await bus.reader(topics.splits, { kind: 'earliest' }, signal);
  const found = new Map<string, Split>();
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const split = decodeSplit(message.payload);
      found.set(split.id, split);
    }
  } finally {
    await reader.close();
  }
  return found;
}

function throwOnOtherPlan(splits: readonly Split[], present: ReadonlyMap<string, Split>): void {
  const other = splits.find((split) => {
    const before = present.get(split.id);
    return before && !encodeSplit(before).equals(encodeSplit(split));
  });
  if (!other) return;
  throw new OperatorError({
    expected: `split ${other.id} on the splits topic as it is planned`,
    found: 'another stretch of the ring, or another table, under the same id',
    next: 'take the splits that the ledger holds, or start a migration of another name',
  });
}

// Unbatched: an entry of many splits would be handed to one worker, and a split is acknowledged on its own.
async function publishAll(
  bus: Pick<MessageBus, 'publisher'>,
  splits: readonly Split[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const publisher = await bus.publisher(topics.splits, { isBatched: false }, signal);
  try {
    const stored: Promise<unknown>[] = [];
    for (const split of splits) {
      signal?.throwIfAborted();
      stored.push(publisher.publish(splitMessage(split)));
    }
    await Promise.all(stored);
  } finally {
    await publisher.close();
  }
}
