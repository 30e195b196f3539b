import { holderSubscription } from '../model/topics.ts';
import type { MessageBus, Position, TopicReader } from '../ports/message-bus.ts';

/**
 * A topic beside a changes partition, which is read by whoever takes the partition, from where the last of its holders has
 * said that it begins. Nothing of it is taken away: where that word is lost, more is read, and it says the same.
 */
export class KeptTopic {
  readonly #bus: MessageBus;
  readonly #topic: string;

  constructor(bus: MessageBus, topic: string) {
    this.#bus = bus;
    this.#topic = topic;
  }

  /** Where it begins; undefined at its first message. */
  beginning(signal?: AbortSignal): Promise<Position | undefined> {
    return this.#bus.acknowledgedUpTo(this.#topic, holderSubscription, signal);
  }

  /** From behind a place, or from the first message. */
  readAfter(place: Position | undefined, signal?: AbortSignal): Promise<TopicReader> {
    const from = place ? ({ kind: 'after', position: place } as const) : ({ kind: 'earliest' } as const);
    return this.#bus.reader(this.#topic, from, signal);
  }

  /**
   * From now on it begins behind `position`, or not far before. Never goes back, so that a holder which does not know that it is one no
   * more does no harm, if only what it says is true.
   */
  async beginAfter(position: Position): Promise<void> {
    const subscription = await this.#bus.subscribe(this.#topic, holderSubscription, 'failover', { queueSize: 1 });
    try {
      await subscription.acknowledgeUpTo(position);
    } finally {
      await subscription.close();
    }
  }
}
