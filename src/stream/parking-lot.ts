import { randomUUID } from 'node:crypto';
import { parkedTopic } from '../model/topics.ts';
import type { Message, MessageBus, Position, Publisher, TopicReader } from '../ports/message-bus.ts';
import { KeptTopic } from './kept-topic.ts';
import {
  type ArrivedCounts,
  decodeParked,
  encodeParked,
  type ParkedEntry,
  type ParkedMessage,
} from './parked-codec.ts';

/** Messages: read within a second. */
const notWorthEnding = 5_000;

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
  readonly #topic: KeptTopic;
  readonly #publisher: Publisher;
  readonly #reader: TopicReader;
  readonly #tables = new Map<string, Counted>();
  /** What had arrived at each of the lines that were read, and what stood before it. */
  readonly #lines = new Map<string, Line>();
  readonly #beginning: Position | undefined;
  #isCounted: boolean;
  #length = 0;
  #last: Position | undefined;

  private constructor({ topic, publisher, reader, beginning }: LotParts) {
    this.#topic = topic;
    this.#publisher = publisher;
    this.#reader = reader;
    this.#beginning = beginning;
    this.#isCounted = beginning === undefined;
    this.#last = beginning;
  }

  static async open(bus: MessageBus, partition: number, signal?: AbortSignal): Promise<ParkingLot> {
    const name = parkedTopic(partition);
    const topic = new KeptTopic(bus, name);
    const beginning = await topic.beginning(signal);
    const publisher = await bus.publisher(name, {}, signal);
    const lot = new ParkingLot({ topic, publisher, beginning, reader: await topic.readAfter(beginning, signal) });
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
    const reader = await this.#topic.readAfter(startAfter, signal);
    try {
      let entries: ParkedEntry[] = [];
      for (let ordinal = table.startOrdinal; ordinal < arrived; ) {
        const entry = decodeParked(await reader.next(signal));
        if (!isEntry(entry) || entry.tableId !== tableId) continue;
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

  /**
   * Lets the topic begin behind what has all been replayed, for who takes the partition next. First a line is drawn, so that how much
   * stands before it is the same for everyone; then the sum is made durable, then the beginning. A crash on the way leaves a line
   * that nobody asks for. What is replayed stays so, and so do sums: a holder that is one no more says nothing that is not true.
   */
  async end(signal?: AbortSignal): Promise<void> {
    if (this.#length <= notWorthEnding || !this.#isAllReplayed()) return;
    const id = randomUUID();
    await this.#publisher.publish(encodeParked({ kind: 'line', id }));
    await this.look(signal);
    const line = this.#lines.get(id)!;
    this.#lines.clear();
    if (!line.isAllReplayed || line.before === undefined) return;
    await this.#publisher.publish(encodeParked({ kind: 'sum', id, arrived: line.arrived }));
    await this.#topic.beginAfter(line.before);
    this.#length -= line.length;
  }

  async close(): Promise<void> {
    await this.#publisher.close();
    await this.#reader.close();
  }

  #count(message: Message): void {
    const entry = decodeParked(message);
    this.#length++;
    if (entry.kind === 'line') this.#lines.set(entry.id, this.#lineHere());
    else if (entry.kind === 'sum') this.#countFrom(this.#lines.get(entry.id), entry.arrived);
    else if (entry.kind === 'replayed') {
      const table = this.#tableOf(entry.tableId);
      // A worker that was replaced may mark late: what it says is true, but no longer news.
      table.replayed = Math.max(table.replayed, entry.count);
    } else this.#arrive(entry);
    this.#last = message.position;
  }

  #arrive({ tableId, reason }: ParkedEntry): void {
    const table = this.#tableOf(tableId);
    if (this.#isCounted && table.arrived <= table.replayed) {
      table.startAfter = this.#last;
      table.startOrdinal = table.arrived;
    }
    table.arrived++;
    table.reason = reason;
  }

  #tableOf(tableId: string): Counted {
    const known = this.#tables.get(tableId);
    const table = known ?? { arrived: 0, replayed: 0, startAfter: this.#beginning, startOrdinal: 0, reason: '' };
    if (!known) this.#tables.set(tableId, table);
    return table;
  }

  #lineHere(): Line {
    const arrived = Object.fromEntries([...this.#tables].map(([tableId, table]) => [tableId, table.arrived]));
    return { arrived, before: this.#last, length: this.#length, isAllReplayed: this.#isAllReplayed() };
  }

  /** Once: what was counted up to here began at the topic's beginning, the sum at its first message. */
  #countFrom(line: Line | undefined, arrived: ArrivedCounts): void {
    if (this.#isCounted || line === undefined) return;
    this.#isCounted = true;
    this.#lines.clear();
    for (const [tableId, count] of Object.entries(arrived)) {
      const table = this.#tableOf(tableId);
      const before = count - (line.arrived[tableId] ?? 0);
      table.startOrdinal = before;
      table.arrived += before;
      table.replayed = Math.max(table.replayed, count);
    }
  }

  #isAllReplayed(): boolean {
    return [...this.#tables.values()].every(({ arrived, replayed }) => arrived <= replayed);
  }
}

function isEntry(message: ParkedMessage): message is ParkedEntry {
  return message.kind === 'change' || message.kind === 'row';
}

interface LotParts {
  readonly topic: KeptTopic;
  readonly publisher: Publisher;
  readonly reader: TopicReader;
  readonly beginning: Position | undefined;
}

interface Line {
  readonly arrived: ArrivedCounts;
  readonly before: Position | undefined;
  readonly length: number;
  readonly isAllReplayed: boolean;
}

interface Counted {
  arrived: number;
  replayed: number;
  /** The place behind which the first waiting entry stands, and how many of the table stand before it. */
  startAfter: Position | undefined;
  startOrdinal: number;
  reason: string;
}
