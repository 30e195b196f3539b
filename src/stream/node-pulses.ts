import { readEvent } from '../feeds/datastax/read-event.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import type { Table } from '../model/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { Message, MessageBus, TopicReader } from '../ports/message-bus.ts';
import { isPoison } from './refusals.ts';

/** What the agents' own events of the canary table tell: up to when each node has spoken, and which nonces it has told of. */
export interface Pulses {
  /** Rises with everything that is told. */
  readonly version: number;
  /** By node: write time of the newest canary that it has told of. */
  readonly instants: ReadonlyMap<string, bigint>;
  /** By nonce: the nodes that have told of it. */
  readonly nonces: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The nonce of canaries that are written all the time; they ask for nothing but a sign of life. */
export const pulseNonce = 'pulse';

export interface NodePulsesParts {
  readonly bus: Pick<MessageBus, 'reader'>;
  readonly clock: Clock;
  /** The events topic of the canary table. */
  readonly topic: string;
  readonly table: Table;
  /**
   * How long after its canary a node may still be sending what it logged before: the agent reads segments beside each
   * other, and sends to the topics of different tables without an order among them.
   */
  readonly settleMicros: bigint;
}

/** Long enough for the nonce of a drain that began before this worker. */
const rememberedMs = 600_000;

/** Follows the canary table's events topic. The DataStax agent has no watermarks; this is what stands for them. */
export class NodePulses {
  readonly #parts: NodePulsesParts;
  readonly #reader: TopicReader;
  readonly #instants = new Map<string, bigint>();
  readonly #nonces = new Map<string, ReadonlySet<string>>();
  #unsettled: Sight[] = [];
  #version = 0;

  private constructor(parts: NodePulsesParts, reader: TopicReader) {
    this.#parts = parts;
    this.#reader = reader;
  }

  static async open(parts: NodePulsesParts, signal?: AbortSignal): Promise<NodePulses> {
    const atMs = Number(parts.clock.nowMicros() / 1000n) - rememberedMs;
    const reader = await parts.bus.reader(parts.topic, { kind: 'published-since', atMs }, signal);
    return new NodePulses(parts, reader);
  }

  get settleMicros(): bigint {
    return this.#parts.settleMicros;
  }

  /** Reads to the topic's present end. */
  async look(signal?: AbortSignal): Promise<void> {
    for (
      let message = await this.#reader.nextUntilEnd(signal);
      message;
      message = await this.#reader.nextUntilEnd(signal)
    )
      this.#take(message);
  }

  /** What was told long enough ago for everything before it to be on its topics too. */
  settled(): Pulses {
    const upTo = this.#parts.clock.nowMicros() - this.#parts.settleMicros;
    for (const { node, nonce, instantMicros } of this.#unsettled.filter(({ seenAtMicros }) => seenAtMicros <= upTo)) {
      if (instantMicros > (this.#instants.get(node) ?? 0n)) this.#instants.set(node, instantMicros);
      // A new set: who holds an earlier answer must not see a node in it that told later.
      if (nonce !== pulseNonce) this.#nonces.set(nonce, new Set([...(this.#nonces.get(nonce) ?? []), node]));
      this.#version++;
    }
    this.#unsettled = this.#unsettled.filter(({ seenAtMicros }) => seenAtMicros > upTo);
    return { version: this.#version, instants: new Map(this.#instants), nonces: new Map(this.#nonces) };
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #take(message: Message): void {
    const { table, clock } = this.#parts;
    const canary = readCanary(message, table);
    if (canary) this.#unsettled.push({ ...canary, seenAtMicros: clock.nowMicros() });
  }
}

interface Sight extends Canary {
  readonly seenAtMicros: bigint;
}

export interface Canary {
  readonly node: string;
  readonly nonce: string;
  readonly instantMicros: bigint;
}

/** Undefined for what is no canary: a message of somebody else, or one without a node. */
export function readCanary(message: Message, table: Table): Canary | undefined {
  try {
    const { node, partitionKey, writeTimeMicros } = readEvent(message, table);
    const [nonce] = splitPartitionKey(partitionKey, 1);
    if (node === undefined || writeTimeMicros === undefined) return undefined;
    return { node, nonce: nonce!.toString('utf8'), instantMicros: writeTimeMicros };
  } catch (error) {
    if (isPoison(error)) return undefined;
    throw error;
  }
}
