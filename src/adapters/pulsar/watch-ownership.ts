import { TopicTakenError } from '../../ports/message-bus.ts';
import type { PulsarAdmin } from '../../wire/pulsar/admin.ts';
import type { ProducerStats } from '../../wire/pulsar/admin-types.ts';
import type { Producer } from '../../wire/pulsar/types.ts';

/**
 * A broker removes a fenced producer without a word, and tells it only when it sends again. A holder that has nothing to
 * send would go on believing for ever, so the topic's own list of producers is looked at. Answers how to stop.
 */
export function watchOwnership(
  { admin, topic }: { readonly admin: PulsarAdmin; readonly topic: string },
  producer: Producer,
  lost: AbortController,
): () => void {
  const stop = new AbortController();
  const look = async () => {
    if (!producer.isConnected) return;
    const producers = await admin.producers(topic, stop.signal).catch(() => []);
    // None at all is a topic that moves to another broker just now; the producer itself finds its way after it.
    if (producers.length === 0 || producers.some((other) => other.name === producer.name)) return;
    if (!stop.signal.aborted && producer.isConnected) lost.abort(new TopicTakenError(topic, nameOfHolder(producers)));
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  const stopWatching = () => {
    clearInterval(timer);
    stop.abort();
  };
  lost.signal.addEventListener('abort', stopWatching, { once: true });
  return stopWatching;
}

/** What the one that holds the topic said of itself when it connected. */
export function nameOfHolder(producers: readonly ProducerStats[]): string | undefined {
  return producers.find((producer) => producer.metadata.holder !== undefined)?.metadata.holder;
}

const lookEveryMs = 2_000;
