/** What a create found: both mean that it is there now, and only 'created' that it has the asked shape for sure. */
export type Creation = 'created' | 'present';

/** -1 means without limit. */
export interface Retention {
  readonly timeMinutes: number;
  readonly sizeMegabytes: number;
}

/** -1 means without limit. */
export interface BacklogQuota {
  readonly limitBytes: number;
  readonly policy: 'producer_request_hold' | 'producer_exception' | 'consumer_backlog_eviction';
}

export interface TopicStats {
  readonly storageBytes: number;
  readonly messagesIn: number;
  readonly bytesIn: number;
  /** 'Enabled' once the broker knows what it has; null from brokers that do not say. */
  readonly deduplicationStatus: string | null;
  readonly producers: readonly ProducerStats[];
  readonly subscriptions: Readonly<Record<string, SubscriptionStats>>;
}

export interface PartitionedTopicStats extends TopicStats {
  /** By the partition's full topic name. */
  readonly partitions: Readonly<Record<string, TopicStats>>;
}

export interface ProducerStats {
  readonly name: string;
  readonly accessMode: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly address: string | null;
  /** ISO 8601, with the broker's offset. */
  readonly connectedSince: string | null;
}

export interface SubscriptionStats {
  /** Exclusive, Shared, Failover, Key_Shared; null while nobody has consumed from it. */
  readonly type: string | null;
  /** In entries: a batch counts once. Exact. */
  readonly backlogEntries: number;
  readonly backlogBytes: number;
  /** Of the oldest entry not acknowledged: the lag in time. Null without a backlog. */
  readonly oldestBacklogPublishTimeMs: number | null;
  readonly unackedMessages: number;
  readonly activeConsumerName: string | null;
  readonly consumers: readonly ConsumerStats[];
}

export interface ConsumerStats {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly unackedMessages: number;
  readonly address: string | null;
  readonly connectedSince: string | null;
}

export type CompactionState = 'NOT_RUN' | 'RUNNING' | 'SUCCESS' | 'ERROR';

export interface DeleteOptions {
  readonly isForced?: boolean | undefined;
}
