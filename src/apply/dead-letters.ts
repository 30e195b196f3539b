import { createHash } from 'node:crypto';
import type { EventMessage } from '../model/change-event.ts';
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
  /** The change event, where there is one, as it was published: what a replay begins with. */
  readonly message?: EventMessage;
}

export interface DeadLetters {
  /** Resolves once the letter is stored; only then may what it stands for be acknowledged. */
  add(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

/** All that came of one letter: the same is buried again by a repeat after a crash, by a replica's copy, by a replay in vain. */
export interface FoundLetter extends DeadLetter {
  readonly id: string;
  readonly firstAtMicros: bigint;
  readonly lastAtMicros: bigint;
}

export async function openDeadLetters(bus: MessageBus, clock: Clock, signal?: AbortSignal): Promise<DeadLetters> {
  const publisher: Publisher = await bus.publisher(topics.deadLetters, {}, signal);
  return {
    async add(letter) {
      const { message, ...facts } = letter;
      await publisher.publish({
        properties: { ...message?.properties, letter: JSON.stringify({ ...facts, atMicros: `${clock.nowMicros()}` }) },
        payload: message?.payload ?? Buffer.alloc(0),
      });
    },
    close: () => publisher.close(),
  };
}

/** The letters on the topic by their id, the latest word of each with the sum of its attempts. */
export async function readLetters(bus: MessageBus, signal?: AbortSignal): Promise<ReadonlyMap<string, FoundLetter>> {
  const reader = await bus.reader(topics.deadLetters, { kind: 'earliest' }, signal);
  const letters = new Map<string, FoundLetter>();
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const found = foundLetter(message);
      const earlier = letters.get(found.id);
      letters.set(found.id, earlier ? joined(earlier, found) : found);
    }
  } finally {
    await reader.close();
  }
  return letters;
}

/** Of what is in the letter, not of where and when it was found: copies of one change are one letter. */
export function letterId({ table, partitionKey, clustering, message }: DeadLetter): string {
  const hash = createHash('sha256').update(JSON.stringify([table, partitionKey, clustering]));
  if (message) hash.update(message.payload);
  return hash.digest('hex').slice(0, 12);
}

function foundLetter({ properties, payload }: EventMessage): FoundLetter {
  const { letter: text, ...others } = properties;
  const { atMicros, ...facts } = JSON.parse(text!);
  const hasEvent = Object.keys(others).length > 0 || payload.length > 0;
  const letter: DeadLetter = { ...facts, ...(hasEvent && { message: { properties: others, payload } }) };
  return { ...letter, id: letterId(letter), firstAtMicros: BigInt(atMicros), lastAtMicros: BigInt(atMicros) };
}

function joined(earlier: FoundLetter, later: FoundLetter): FoundLetter {
  return { ...later, attempts: earlier.attempts + later.attempts, firstAtMicros: earlier.firstAtMicros };
}
