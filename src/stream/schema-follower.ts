import { SchemaHistory, type TableChange, type Truncation } from '../feeds/schema-history.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { SchemaRows } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import { topics } from '../model/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Message, MessageBus, TopicReader } from '../ports/message-bus.ts';
import { readChangeEvent } from './read-change-event.ts';
import { isPoison } from './refusals.ts';

export interface SchemaFollowerParts {
  readonly bus: MessageBus;
  readonly clock: Clock;
  /** The source's schema at the hand-over. */
  readonly baseline: SchemaRows;
  readonly baselineAtMicros: bigint;
  /** Reads the schema from the source as it is now, with the instant before the read. */
  readonly readSchema: (signal?: AbortSignal) => Promise<{ readonly rows: SchemaRows; readonly atMicros: bigint }>;
  /** Told of every change of a table and of every truncate, copies of other nodes included. */
  readonly onChange: (change: TableChange | Truncation) => void;
  /** Given what on the schema topic nothing can be made of; the schema is read from the source instead. */
  readonly onPoison: (message: Message, event: RecordEvent | undefined, error: Error) => Promise<void>;
}

/** Where and when a record was seen: its node, and when that node's agent sent it. */
export interface RecordSight {
  readonly node: string;
  readonly publishedAtMs: number;
}

/** An agent that is silent for longer is not waited for: its records are parked, and the partition goes on. */
const longestWaitMicros = 30_000_000n;
const lookEveryMs = 200;
/** Read within seconds; the watermarks of three nodes in nine hours. */
const compactAfterMessages = 100_000;

/** The source's schema through time, kept up with the schema topic. */
export class SchemaFollower {
  readonly #parts: SchemaFollowerParts;
  readonly #reader: TopicReader;
  readonly #history: SchemaHistory;
  /** By node: what it had logged up to here has been read from the schema topic. */
  readonly #watermarks = new Map<string, bigint>();
  readonly #inVain = new Set<string>();
  readonly #learned = new WeakSet<SchemaRows>();
  #following: Promise<void> = Promise.resolve();
  /** What was read of the topic is not enough, and the source has not answered yet. */
  #needsReload = false;
  #version = 0;
  #read = 0;

  private constructor(parts: SchemaFollowerParts, reader: TopicReader) {
    this.#parts = parts;
    this.#reader = reader;
    this.#history = new SchemaHistory(parts.baseline, parts.baselineAtMicros);
  }

  static async open(parts: SchemaFollowerParts, signal?: AbortSignal): Promise<SchemaFollower> {
    const reader = await parts.bus.reader(topics.schema, { kind: 'newest-of-keys' }, signal);
    const follower = new SchemaFollower(parts, reader);
    await follower.catchUp(signal);
    return follower;
  }

  readonly tableById = (id: string): Table | undefined => this.#history.tableById(id);

  /** A table as it is on the source now; undefined when it is not there. */
  liveTable(keyspace: string, name: string): Table | undefined {
    return this.#history.liveTable(keyspace, name);
  }

  /** Takes what somebody else has read from the source. */
  learn(rows: SchemaRows, atMicros: bigint): void {
    if (this.#learned.has(rows)) return;
    this.#learned.add(rows);
    this.#tell(this.#history.reload(rows, atMicros).changes);
  }

  /** Rises with every change of any table. */
  get version(): number {
    return this.#version;
  }

  /** Reads the schema topic to its present end. */
  catchUp(signal?: AbortSignal): Promise<void> {
    this.#following = this.#following.catch(() => {}).then(() => this.#readToEnd(signal));
    return this.#following;
  }

  /** Reads the schema from the source: what the log said was not enough. */
  async reload(signal?: AbortSignal): Promise<void> {
    const { rows, atMicros } = await this.#parts.readSchema(signal);
    this.#needsReload = false;
    this.#tell(this.#history.reload(rows, atMicros).changes);
  }

  /**
   * Reads the schema topic until it has brought a watermark of each record's node that was sent after the record was.
   * What a node had logged before the record stands before that watermark, so no schema of it is still on its way. Both
   * instants are of the agent's own clock. Resolves as well when a node is silent for long.
   */
  async untilPassed(signal: AbortSignal | undefined, sights: readonly RecordSight[]): Promise<void> {
    const { clock } = this.#parts;
    const hasPassed = ({ node, publishedAtMs }: RecordSight) =>
      (this.#watermarks.get(node) ?? 0n) > BigInt(publishedAtMs + 1) * 1000n;
    const givesUpAt = clock.nowMicros() + longestWaitMicros;
    while (!sights.every(hasPassed) && clock.nowMicros() < givesUpAt) {
      await clock.sleep(lookEveryMs, signal);
      await this.catchUp(signal);
    }
  }

  /** Whether a record was waited for in vain because of the same lack, and no schema has changed since. */
  isAskedInVain(reason: string): boolean {
    return this.#inVain.has(reason);
  }

  askedInVain(reason: string): void {
    this.#inVain.add(reason);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #readToEnd(signal?: AbortSignal): Promise<void> {
    // Asked in vain: what wanted it is behind us on the topic, and does not come again.
    if (this.#needsReload) await this.reload(signal);
    for (
      let message = await this.#reader.nextUntilEnd(signal);
      message;
      message = await this.#reader.nextUntilEnd(signal)
    ) {
      await this.#take(message, signal);
      await this.#compactWhenLong(signal);
    }
  }

  /** Nearly all that stands there are watermarks, of which the newest says what all said: who starts later need not read the others. */
  async #compactWhenLong(signal?: AbortSignal): Promise<void> {
    if (++this.#read % compactAfterMessages === 0) await this.#parts.bus.compact(topics.schema, signal);
  }

  async #take(message: Message, signal?: AbortSignal): Promise<void> {
    const event = readChangeEvent(message);
    if (event?.kind === 'watermark') this.#watermarks.set(event.node, event.instantMicros);
    if (event !== undefined && event.kind !== 'record') return;
    try {
      if (event === undefined) throw new TypeError('the message is no change event');
      const update = this.#history.applyRecord(event.body, event.logVersion as 7 | 8);
      this.#tell([...update.changes, ...update.truncations]);
      this.#needsReload ||= update.needsReload !== undefined;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#needsReload = true;
      await this.#parts.onPoison(message, event, error);
    }
    // Whatever it said, the source shows it.
    if (this.#needsReload) await this.reload(signal);
  }

  #tell(changes: readonly (TableChange | Truncation)[]): void {
    for (const change of changes) this.#parts.onChange(change);
    if (changes.length === 0) return;
    this.#version++;
    this.#inVain.clear();
  }
}

function isUnreadable(error: unknown): error is Error {
  return isPoison(error) || (error instanceof Error && error.name === 'CorruptMutationError');
}
