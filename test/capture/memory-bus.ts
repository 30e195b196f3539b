import { MessageTooBigError } from '../../src/errors.ts';
import type { CaptureHole } from '../../src/model/capture-hole.ts';
import { type ChangeEvent, decodeChangeEvent, type EventMessage } from '../../src/model/change-event.ts';
import type {
  Message,
  MessageBus,
  OutgoingMessage,
  Position,
  Publisher,
  TopicReader,
} from '../../src/ports/message-bus.ts';

/** As much of the port as an agent uses, in memory, with the ways in which a broker can fail it. */
export interface MemoryBus {
  readonly bus: MessageBus;
  /** What is stored in a topic, in order. */
  events(topic: string): readonly ChangeEvent[];
  /** What the ledger has been told, repeats included. */
  readonly holes: CaptureHole[];
  readonly bookHole: (hole: CaptureHole) => Promise<void>;
  /**
   * away: nobody can publish, and what is published waits. failing: every publish is refused. slow: records wait, and what
   * is published behind them on the same topic.
   */
  condition: 'up' | 'away' | 'failing' | 'slow';
  /** A larger payload is never taken. */
  mostBytes: number;
}

export function memoryBus(): MemoryBus {
  const stored = new Map<string, OutgoingMessage[]>();
  const holes: CaptureHole[] = [];
  const memory: MemoryBus = { bus: undefined as never, condition: 'up', mostBytes: 2 ** 20, events, holes, bookHole };

  async function bookHole(hole: CaptureHole): Promise<void> {
    if (memory.condition !== 'up') throw new Error('connection refused');
    holes.push(hole);
  }

  function events(topic: string): readonly ChangeEvent[] {
    const messages = stored.get(topic) ?? [];
    return messages.map(({ properties = {}, payload }) => decodeChangeEvent({ properties, payload })!);
  }

  function mustWait({ properties }: OutgoingMessage): boolean {
    return memory.condition === 'away' || (memory.condition === 'slow' && properties?.kind === 'record');
  }

  async function publisher(topic: string): Promise<Publisher> {
    if (memory.condition !== 'up') throw new Error('connection refused');
    let isClosed = false;
    let last: Promise<unknown> = Promise.resolve();
    const store = async (message: OutgoingMessage): Promise<Position> => {
      while (mustWait(message) && !isClosed) await pause();
      if (memory.condition === 'failing' || isClosed) throw new Error('the broker is gone');
      const messages = stored.get(topic) ?? [];
      stored.set(topic, messages);
      // A real message is copied at once; the section's memory may go after the acknowledgement.
      messages.push({ ...message, payload: Buffer.from(message.payload) });
      return { text: `${messages.length}` };
    };
    return {
      publish: (message) => {
        const { properties = {}, payload } = message;
        if (payload.length > memory.mostBytes) return Promise.reject(tooBig({ properties, payload }));
        const result = last.then(pause).then(() => store(message));
        last = result.catch(() => {});
        return result;
      },
      flush: async () => void (await last),
      lost: new AbortController().signal,
      close: async () => {
        isClosed = true;
      },
    };
  }

  /** From the earliest message. */
  async function reader(topic: string): Promise<TopicReader> {
    let at = 0;
    const next = async (signal?: AbortSignal): Promise<Message> => {
      for (;;) {
        signal?.throwIfAborted();
        const message = stored.get(topic)?.[at];
        if (message) return received(message, at++);
        await pause();
      }
    };
    return {
      next,
      nextUntilEnd: async () => (at < (stored.get(topic)?.length ?? 0) ? next() : undefined),
      close: async () => {},
    };
  }

  return Object.assign(memory, { bus: { publisher, reader } as Partial<MessageBus> as MessageBus });
}

function received({ key, properties, payload }: OutgoingMessage, at: number): Message {
  const position = { text: `${at}` };
  return { position, key: key ?? null, properties: properties ?? {}, payload, publishedAtMs: 0, redeliveryCount: 0 };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function tooBig(message: EventMessage): MessageTooBigError {
  return new MessageTooBigError(message, { expected: 'to publish', found: 'too big', next: 'take larger ones' });
}
