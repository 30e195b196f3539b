import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { type Operation, replicaCount } from './history.ts';
import { handOver, hour, largest, minute, second } from './instants.ts';
import type { Random } from './random.ts';

export interface ChangeMessage {
  /** Which change it is a copy of; stands for the digest of the decoded content. */
  readonly operation: number;
  readonly update: PartitionUpdate;
  readonly publishedAt: bigint;
}

/** What the agents publish: each replica's log from the start of its agent on, in its order, with some messages twice. */
export function captureChanges(operations: readonly Operation[], random: Random): readonly ChangeMessage[] {
  const messages = Array.from({ length: replicaCount }, (_, replica) => captureReplica(operations, replica, random));
  return messages.flat().sort((a, b) => (a.publishedAt < b.publishedAt ? -1 : a.publishedAt > b.publishedAt ? 1 : 0));
}

function captureReplica(operations: readonly Operation[], replica: number, random: Random): readonly ChangeMessage[] {
  // The agents follow before H is set, each since a moment of its own.
  const agentStart = handOver - random.micros(second, 30n * minute);
  const log = operations
    .map((each, operation) => ({ operation, update: each.update, arrival: each.arrivals[replica]! }))
    .filter(({ arrival }) => arrival >= agentStart)
    .sort((a, b) => (a.arrival < b.arrival ? -1 : 1));
  let lastAt = 0n;
  return log.flatMap(({ operation, update, arrival }) => {
    lastAt = largest(lastAt, arrival + publishDelay(random));
    const message = { operation, update, publishedAt: lastAt };
    // After a broken connection an agent sends again what was not acknowledged.
    if (!random.chance(0.05)) return [message];
    return [message, { ...message, publishedAt: lastAt + random.micros(second, 10n * minute) }];
  });
}

function publishDelay(random: Random): bigint {
  const kind = random.next();
  if (kind < 0.85) return random.micros(20_000n, 200_000n);
  return kind < 0.95 ? random.micros(second, 10n * minute) : random.micros(10n * minute, 6n * hour);
}
