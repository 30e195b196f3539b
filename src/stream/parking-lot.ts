import { parkedTopic } from '../model/topics.ts';
import type { Message, MessageBus, Position, Publisher, TopicReader } from '../ports/message-bus.ts';
import { decodeParked, encodeParked, type ParkedEntry } from './parked-codec.ts';

/** How many entries of a table wait, and how many have been replayed. */
export interface ParkedTable {
  readonly tableId: string;
  readonly waiting: number;
  readonly replayed: number;
  /** Why the newest of them waits. */
  readonly reason: string;
}

/**
 * The parked changes of one changes partition. They lie on a topic of their own beside it, so that whoever holds the
 * partition also replays them, in their order, with the partition's slices and list stamps in hand. In memory are only
 * counts and places. The topic alone says what waits: also what another process puts there (a dead letter to be
 * replayed) is found by looking.
 */
export class ParkingLot {
  readonly #bus: MessageBus;
  readonly #topic: string;
  readonly #publisher: Publisher;
  readonly #reader: TopicReader;
  readonly #tables = new Map<string, Counted>();
  #last: Position | undefined;

  private constructor(bus: MessageBus, topic: string, publisher: Publisher, reader: TopicReader) {
    this.#bus = bus;
    this.#topic = topic;
    this.#publisher = publisher;
    this.#reader = reader;
  }

  static async open(bus: MessageBus, partition: number, signal?: AbortSignal): Promise<ParkingLot> {
    const topic = parkedTopic(partition);
    const reader = await bus.reader(topic, { kind: 'earliest' }, signal);
    const lot = new ParkingLot(bus, topic, await bus.publisher(topic, {}, signal), reader);
    await lot.look(signal);
    return lot;
  }

  /** Resolves once the entries are durable; only then may what they stand for be acknowledged. */
  async park(entries: readonly ParkedEntry[]): Promise<void> {
    await Promise.all(entries.map((entry) => this.#publisher.publish(encodeParked(entry))));
  }

  /** Reads to the topic's present end. */
  async look(signal?: AbortSignal): Promise<void> {
    for (
      let message = await this.#reader.nextUntilEnd(signal);
      message;
      message = await this.#reader.nextUntilEnd(signal)
    )
      this.#count(message);
  }

  tables(): readonly ParkedTable[] {
    return [...this.#tables].map(([tableId, { arrived, replayed, reason }]) => ({
      tableId,
      waiting: Math.max(0, arrived - replayed),
      replayed,
      reason,
    }));
  }

  /** The entries of a table that wait, as many as were known when this was called, some at a time. */
  async *waiting(tableId: string, atOnce: number, signal?: AbortSignal): AsyncIterable<readonly ParkedEntry[]> {
    const table = this.#tables.get(tableId);
    if (table === undefined) return;
    const { arrived, replayed, startAfter } = table;
    const from = startAfter ? ({ kind: 'after', position: startAfter } as const) : ({ kind: 'earliest' } as const);
    const reader = await this.#bus.reader(this.#topic, from, signal);
    try {
      let entries: ParkedEntry[] = [];
      for (let ordinal = table.startOrdinal; ordinal < arrived; ) {
        const entry = decodeParked(await reader.next(signal));
        if (entry.kind === 'replayed' || entry.tableId !== tableId) continue;
        ordinal++;
        if (ordinal > replayed) entries.push(entry);
        if (entries.length < atOnce && ordinal < arrived) continue;
        if (entries.length > 0) yield entries;
        entries = [];
      }
    } finally {
      await reader.close();
    }
  }

  /** Marks this many more of a table's waiting entries as replayed, the oldest ones. */
  async replayed(tableId: string, count: number): Promise<void> {
    const table = this.#tables.get(tableId)!;
    table.replayed += count;
    await this.#publisher.publish(encodeParked({ kind: 'replayed', tableId, count: table.replayed }));
  }

  async close(): Promise<void> {
    await this.#publisher.close();
    await this.#reader.close();
  }

  #count(message: Message): void {
    const entry = decodeParked(message);
    const table = this.#tables.get(entry.tableId) ?? { arrived: 0, replayed: 0, startOrdinal: 0, reason: '' };
    this.#tables.set(entry.tableId, table);
    // A worker that was replaced may mark late: what it says is true, but no longer news.
    if (entry.kind === 'replayed') table.replayed = Math.max(table.replayed, entry.count);
    else {
      if (table.arrived <= table.replayed) {
        table.startAfter = this.#last;
        table.startOrdinal = table.arrived;
      }
      table.arrived++;
      table.reason = entry.reason;
    }
    this.#last = message.position;
  }
}

interface Counted {
  arrived: number;
  replayed: number;
  /** The place behind which the first waiting entry stands, and how many of the table stand before it. */
  startAfter?: Position | undefined;
  startOrdinal: number;
  reason: string;
}
