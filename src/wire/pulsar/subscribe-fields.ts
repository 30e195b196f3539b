import { toKeyValues } from './message-metadata.ts';
import { PulsarError } from './pulsar-error.ts';
import type { SubscribeFields } from './subscriber.ts';
import type { ConsumerOptions, KeySharedOptions } from './types.ts';

const subscriptionTypes = { Exclusive: 0, Shared: 1, Failover: 2, Key_Shared: 3 } as const;
const initialPositions = { latest: 0, earliest: 1 } as const;
const keyRanges = 65_536;

/** Combinations that the broker would take and not do. */
export function throwOnContradiction({ type, isReadCompacted, keyShared }: ConsumerOptions): void {
  const isShared = type === 'Shared' || type === 'Key_Shared';
  if (isReadCompacted && isShared) throw refused(`a compacted read needs Exclusive or Failover, not ${type}`);
  if (keyShared && type !== 'Key_Shared') throw refused(`keyShared is for Key_Shared, not ${type}`);
  for (const [first, last] of keyShared?.ranges ?? []) {
    const isRange = Number.isInteger(first) && Number.isInteger(last) && 0 <= first && first <= last;
    if (!isRange || last >= keyRanges) throw refused(`[${first}, ${last}] is no range within 0 to ${keyRanges - 1}`);
  }
}

export function subscribeFields(options: ConsumerOptions): SubscribeFields {
  const { subscription, type, consumerName, initialPosition, metadata, schema, priority, isReadCompacted } = options;
  return {
    subscription,
    subType: subscriptionTypes[type],
    consumerName,
    priorityLevel: priority,
    isDurable: true,
    isReadCompacted,
    initialPosition: initialPositions[initialPosition ?? 'latest'],
    metadata: toKeyValues(metadata),
    schema: schema && { ...schema, properties: toKeyValues(schema.properties) },
    keyShared: type === 'Key_Shared' ? keySharedMeta(options.keyShared) : undefined,
    // A mistyped or deleted topic must be an error, not a new empty topic.
    forceTopicCreation: false,
  };
}

function keySharedMeta({ ranges, allowsOutOfOrder }: KeySharedOptions = {}) {
  return { mode: ranges ? 1 : 0, ranges: (ranges ?? []).map(([start, end]) => ({ start, end })), allowsOutOfOrder };
}

function refused(why: string): PulsarError {
  return new PulsarError('NotAllowedError', why);
}
