import { SchemaHistory, type TableChange, type Truncation } from '../feeds/schema-history.ts';
import { decodeChangeEvent } from '../model/change-event.ts';
import type { SchemaRows } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import { topics } from '../model/topics.ts';
import type { MessageBus, TopicReader } from '../ports/message-bus.ts';

export interface SchemaFollowerParts {
  readonly bus: MessageBus;
  /** The source's schema at the hand-over. */
  readonly baseline: SchemaRows;
  readonly baselineAtMicros: bigint;
  /** Reads the schema from the source as it is now, with the instant before the read. */
  readonly readSchema: (signal?: AbortSignal) => Promise<{ readonly rows: SchemaRows; readonly atMicros: bigint }>;
  /** Told of every change of a table and of every truncate, copies of other nodes included. */
  readonly onChange: (change: TableChange | Truncation) => void;
}

/** The source's schema through time, kept up with the schema topic. */
export class SchemaFollower {
  readonly #parts: SchemaFollowerParts;
  readonly #reader: TopicReader;
  readonly #history: SchemaHistory;
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: SchemaFollowerParts, reader: TopicReader) {
    this.#parts = parts;
    this.#reader = reader;
    this.#history = new SchemaHistory(parts.baseline, parts.baselineAtMicros);
  }

  static async open(parts: SchemaFollowerParts, signal?: AbortSignal): Promise<SchemaFollower> {
    const reader = await parts.bus.reader(topics.schema, { kind: 'earliest' }, signal);
    const follower = new SchemaFollower(parts, reader);
    await follower.catchUp(signal);
    return follower;
  }

  readonly tableById = (id: string): Table | undefined => this.#history.tableById(id);

  /** Reads the schema topic to its present end. */
  catchUp(signal?: AbortSignal): Promise<void> {
    this.#following = this.#following.catch(() => {}).then(() => this.#readToEnd(signal));
    return this.#following;
  }

  /** Reads the schema from the source: what the log said was not enough. */
  async reload(signal?: AbortSignal): Promise<void> {
    const { rows, atMicros } = await this.#parts.readSchema(signal);
    for (const change of this.#history.reload(rows, atMicros).changes) this.#parts.onChange(change);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #readToEnd(signal?: AbortSignal): Promise<void> {
    for (
      let message = await this.#reader.nextUntilEnd(signal);
      message;
      message = await this.#reader.nextUntilEnd(signal)
    ) {
      const event = decodeChangeEvent(message);
      if (event?.kind !== 'record') continue;
      const update = this.#history.applyRecord(event.body, event.logVersion as 7 | 8);
      for (const change of [...update.changes, ...update.truncations]) this.#parts.onChange(change);
      if (update.needsReload !== undefined) await this.reload(signal);
    }
  }
}
