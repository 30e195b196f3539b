import { changesPartition } from './topics.ts';

/**
 * A topic from which one worker at a time takes changes. Slice journal, parked topic and progress go by its number, its
 * place among all lanes of the migration.
 */
export interface Lane {
  /** Its last name; of a partitioned topic one partition. */
  readonly topic: string;
  /** The one table that the DataStax agent tells of there; absent for the changes topic, which tells of all. */
  readonly tableId?: string;
  /** Of images of rows, which a connector makes of events: whose place in them is the lane's as well. */
  readonly connector?: ConnectorPlace;
}

export interface ConnectorPlace {
  /** Partitions of the table's events topic. */
  readonly eventsTopics: readonly string[];
  readonly subscription: string;
}

/** How the DataStax agent's topics are read; of a capture or a hand-over. */
export interface DatastaxLanes {
  /** Keys by the agent, or images by the connector. */
  readonly read: 'events' | 'data';
  readonly lanes: readonly Lane[];
  /** The events topic of the canary table. */
  readonly canaryTopic: string;
  readonly settleMs: number;
}

/** What its sinks take changes from. */
export function lanesOf(record: {
  readonly changesPartitions: number;
  readonly datastax?: DatastaxLanes;
}): readonly Lane[] {
  return record.datastax?.lanes ?? changesLanes(record.changesPartitions);
}

export function changesLanes(partitions: number): readonly Lane[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic: changesPartition(partition) }));
}
