import { topics } from '../model/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';

/** What could not be decoded or written, and why. */
export interface DeadLetter {
  readonly table: string;
  /** Hex of the partition key as in the log, and of the clustering values where one row is meant. */
  readonly partitionKey: string;
  readonly clustering: readonly string[];
  readonly reason: string;
  readonly errorClass: string;
  readonly attempts: number;
  /** Where it came from: a split's id, or `node/segment/position` of the record. */
  readonly origin: string;
  /** The commit log record, where there is one, so that it can be replayed. */
  readonly record?: Buffer;
}

export interface DeadLetters {
  /** Resolves once the letter is stored; only then may what it stands for be acknowledged. */
  add(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

export async function openDeadLetters(bus: MessageBus, clock: Clock, signal?: AbortSignal): Promise<DeadLetters> {
  const publisher: Publisher = await bus.publisher(topics.deadLetters, {}, signal);
  return {
    async add(letter) {
      const { record, ...facts } = letter;
      await publisher.publish({
        properties: { letter: JSON.stringify({ ...facts, atMicros: `${clock.nowMicros()}` }) },
        payload: record ?? Buffer.alloc(0),
      });
    },
    close: () => publisher.close(),
  };
}
