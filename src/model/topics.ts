/** The topics of one migration, by their last name; tenant and namespace come from the configuration. */
export const topics = {
  /** Captured changes, partitioned by token. */
  changes: 'changes',
  /** Captured changes of the schema and truncates, in the order of each node's log. */
  schema: 'schema',
  /** Every decision; state is the fold of it. */
  ledger: 'ledger',
  /** Held by whoever runs a phase. */
  owner: 'owner',
  /** One message a split of the snapshot; workers share it. */
  splits: 'splits',
  /** What could not be decoded or written. */
  deadLetters: 'dead-letters',
  /** Where each worker says how far its partitions are; only the newest minute is ever read. */
  progress: 'progress',
  /** Where each agent says how it stands; only the newest minute is ever read. */
  agents: 'agents',
} as const;

/** What full names of topics begin with. */
export function topicRoot({ tenant, namespace }: { readonly tenant: string; readonly namespace: string }): string {
  return `persistent://${tenant}/${namespace}/`;
}

/** The one durable subscription on the changes topic. */
export const sinkSubscription = 'sink';
/** Says where the journal and the parked topic of a partition begin, for who takes it; see stream/kept-topic.ts. */
export const holderSubscription = 'holder';
/** The one durable subscription on the splits topic. */
export const splitsSubscription = 'copy';

export function changesPartition(partition: number): string {
  return `${topics.changes}-partition-${partition}`;
}

/** Range and partition deletes seen on one changes partition, kept for older rows that arrive later. */
export function sliceJournal(partition: number): string {
  return `slices-${partition}`;
}

/** Changes of one changes partition that wait for a schema or a decision; see stream/parking-lot.ts. */
export function parkedTopic(partition: number): string {
  return `parked-${partition}`;
}
