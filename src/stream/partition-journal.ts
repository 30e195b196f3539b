import type { StampAhead } from '../apply/list-stamps.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import { sliceJournal } from '../model/topics.ts';
import {
  type Message,
  type MessageBus,
  type OutgoingMessage,
  type Position,
  type Publisher,
  TopicTakenError,
} from '../ports/message-bus.ts';
import { KeptTopic } from './kept-topic.ts';
import { PartitionMovedError } from './partition-moved-error.ts';
import { decodeSlice, encodeSlice } from './slice-codec.ts';

export type JournalEntry =
  | { readonly kind: 'slice'; readonly slice: JournalSlice }
  | { readonly kind: 'list-stamp'; readonly stamp: StampAhead };

/**
 * What the worker that holds a changes partition must leave to the next one. Who opens it has it alone: an earlier holder,
 * which may have been frozen and not know, can keep nothing any more, and all that it has kept is found by reading.
 */
export class PartitionJournal {
  readonly #topic: KeptTopic;
  readonly #partition: number;
  readonly #publisher: Publisher;
  #length = 0;

  private constructor(bus: MessageBus, partition: number, publisher: Publisher) {
    this.#topic = new KeptTopic(bus, sliceJournal(partition));
    this.#partition = partition;
    this.#publisher = publisher;
  }

  /** How many messages of it whoever comes next would read, about. */
  get length(): number {
    return this.#length;
  }

  /** Throws PartitionMovedError, as does `keep`, where another worker was quicker. */
  static async open(bus: MessageBus, partition: number, signal?: AbortSignal): Promise<PartitionJournal> {
    const options = { access: 'take-over', isWatched: false } as const;
    const publisher = await bus
      .publisher(sliceJournal(partition), options, signal)
      .catch((error: unknown) => throwMoved(partition, error));
    const journal = new PartitionJournal(bus, partition, publisher);
    try {
      // What the earlier holder sent last may still be on its way into the topic, but not behind this.
      await journal.#publish(taken);
    } catch (error) {
      await publisher.close();
      throw error;
    }
    return journal;
  }

  /** Everything that was kept before this was opened, but for what had ended when it was rewritten. */
  async *read(signal?: AbortSignal): AsyncIterable<JournalEntry> {
    const reader = await this.#topic.readAfter(await this.#topic.beginning(signal), signal);
    this.#length = 0;
    try {
      for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
        this.#length++;
        const entry = decodeEntry(message);
        if (entry) yield entry;
      }
    } finally {
      await reader.close();
    }
  }

  /** Resolves once the entry is durable. */
  async keep(entry: JournalEntry): Promise<void> {
    await this.#publish(encodeEntry(entry));
  }

  /**
   * Keeps again what has not ended, and lets the journal begin there. `live` is asked once everything that it may leave out has ended:
   * whoever keeps an entry knows it as live before. A crash on the way leaves some entries twice, which says the same; a
   * holder that was fenced keeps nothing again, and so lets nothing end.
   */
  async rewrite(live: () => readonly JournalEntry[]): Promise<void> {
    const before = this.#length;
    const beginning = await this.#publish(rewritten);
    await Promise.all(live().map((entry) => this.keep(entry)));
    await this.#topic.beginAfter(beginning);
    this.#length -= before;
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }

  #publish(message: OutgoingMessage): Promise<Position> {
    this.#length++;
    return this.#publisher.publish(message).catch((error: unknown) => throwMoved(this.#partition, error));
  }
}

function throwMoved(partition: number, error: unknown): never {
  throw error instanceof TopicTakenError ? new PartitionMovedError(partition, { cause: error }) : error;
}

const nothing = Buffer.alloc(0);
const taken: OutgoingMessage = { properties: { kind: 'taken' }, payload: nothing };
const rewritten: OutgoingMessage = { properties: { kind: 'rewritten' }, payload: nothing };

function encodeEntry(entry: JournalEntry): OutgoingMessage {
  const properties = { kind: entry.kind };
  if (entry.kind === 'slice') return { properties, payload: encodeSlice(entry.slice) };
  const { lists, micros } = entry.stamp;
  return { properties, payload: Buffer.from(JSON.stringify({ lists, micros: `${micros}` })) };
}

function decodeEntry({ properties, payload }: Message): JournalEntry | undefined {
  switch (properties.kind) {
    case 'taken':
    case 'rewritten':
      return undefined;
    case 'list-stamp': {
      const { lists, micros } = JSON.parse(payload.toString());
      return { kind: 'list-stamp', stamp: { lists, micros: BigInt(micros) } };
    }
    default:
      return { kind: 'slice', slice: decodeSlice(payload) };
  }
}
