import type {
  Message,
  MessageBus,
  OutgoingMessage,
  Position,
  Publisher,
  Subscription,
} from '../../src/ports/message-bus.ts';

/** One topic in memory with one shared subscription, as much of a MessageBus as a work queue needs. */
export interface MemoryQueue extends Pick<MessageBus, 'publisher' | 'reader'> {
  readonly published: readonly Message[];
  readonly acknowledged: readonly string[];
  /** How often any message was given back. */
  readonly released: number;
  /** A consumer of the subscription; closing it gives back what it has not acknowledged. */
  subscribe(): Subscription;
}

export function inMemoryQueue(): MemoryQueue {
  const published: Message[] = [];
  const waiting: Message[] = [];
  const takers: (() => void)[] = [];
  const acknowledged: string[] = [];
  let released = 0;

  return {
    published,
    acknowledged,
    get released() {
      return released;
    },
    publisher: async () => publisher(),
    reader: async () => {
      let at = 0;
      return {
        nextUntilEnd: async () => published[at++],
        next: () => Promise.reject(new Error('a queue is read to its end only')),
        close: async () => undefined,
      };
    },
    subscribe: consumer,
  };

  function publisher(): Publisher {
    return {
      publish: async (message) => append(message),
      flush: async () => undefined,
      lost: new AbortController().signal,
      close: async () => undefined,
    };
  }

  function append(message: OutgoingMessage): Position {
    const position = { text: `${published.length}` };
    const stored = { key: null, properties: {}, publishedAtMs: 0, redeliveryCount: 0, ...message, position };
    published.push(stored);
    deliver(stored);
    return position;
  }

  function deliver(message: Message): void {
    waiting.push(message);
    for (const wake of takers.splice(0)) wake();
  }

  function consumer(): Subscription {
    const held = new Map<string, Message>();
    const giveBack = (message: Message) => {
      held.delete(message.position.text);
      released++;
      deliver({ ...message, redeliveryCount: message.redeliveryCount + 1 });
    };
    return {
      isActive: true,
      onActiveChange: () => undefined,
      poll: () => undefined,
      async receive(signal) {
        for (;;) {
          signal?.throwIfAborted();
          const message = waiting.shift();
          if (message) {
            held.set(message.position.text, message);
            return message;
          }
          await somethingWaits(signal);
        }
      },
      async acknowledge({ text }) {
        if (!held.delete(text)) throw new Error(`message ${text} was acknowledged by somebody who does not hold it`);
        acknowledged.push(text);
      },
      acknowledgeUpTo: () => Promise.reject(new Error('a shared subscription acknowledges one by one')),
      release: async ({ text }) => giveBack(held.get(text)!),
      close: async () => [...held.values()].forEach(giveBack),
    };
  }

  function somethingWaits(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      takers.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}
