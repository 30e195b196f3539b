import { changesLanes, type Lane } from '../model/lane.ts';
import { parkedTopic, sinkSubscription, sliceJournal, splitsSubscription, topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';

/** What every command needs before it can read or decide anything: the ledger and the owner's lock. */
export async function prepareLedgerTopics(bus: MessageBus, signal?: AbortSignal): Promise<void> {
  await bus.ensureNamespace(signal);
  await bus.ensureTopic(topics.ledger, 0, signal);
  await bus.ensureTopic(topics.owner, 0, signal);
}

/** Creates or verifies every other topic and the durable subscriptions, before anything is captured. */
export async function prepareTopics(bus: MessageBus, changesPartitions: number, signal?: AbortSignal): Promise<void> {
  await bus.ensureTopic(topics.changes, changesPartitions, signal);
  await prepareLanes(bus, changesLanes(changesPartitions), signal);
}

/** The same for lanes whose topics are there already. */
export async function prepareLanes(bus: MessageBus, lanes: readonly Lane[], signal?: AbortSignal): Promise<void> {
  for (const [number, { topic }] of lanes.entries()) {
    await bus.ensureTopic(sliceJournal(number), 0, signal);
    await bus.ensureTopic(parkedTopic(number), 0, signal);
    await bus.ensureSubscription(topic, sinkSubscription, signal);
  }
  for (const topic of [topics.schema, topics.splits, topics.deadLetters, topics.progress, topics.agents])
    await bus.ensureTopic(topic, 0, signal);
  await bus.ensureSubscription(topics.splits, splitsSubscription, signal);
}
