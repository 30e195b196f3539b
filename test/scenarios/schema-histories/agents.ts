import { type ChangeEvent, encodeChangeEvent } from '../../../src/model/change-event.ts';
import { changesPartition, topics } from '../../../src/model/topics.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { MessageBus } from '../../../src/ports/message-bus.ts';
import type { Random } from '../../model/simulation/random.ts';
import { type LoggedRecord, partitions, type Source } from './source.ts';

/** The agents of two nodes, which both have every record in their logs: each publishes at its own pace. */
export const nodes = ['node-1', 'node-2'] as const;

const everyTopic = [
  ...Array.from({ length: partitions }, (_, partition) => changesPartition(partition)),
  topics.schema,
];

export class Agents {
  readonly #source: Source;
  readonly #bus: MessageBus;
  readonly #clock: Clock;
  /** By node. */
  readonly #silentUntil = new Map<string, bigint>();
  readonly #nonces: { readonly nonce: string; readonly place: number }[] = [];

  constructor(source: Source, bus: MessageBus, clock: Clock) {
    this.#source = source;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** A mark of each node behind all that is logged now. */
  askDrain(nonce: string): void {
    this.#nonces.push({ nonce, place: this.#source.log.length });
  }

  silence(node: string, untilMicros: bigint): void {
    this.#silentUntil.set(node, untilMicros);
  }

  /** Publishes one node's log and a watermark now and then, until the signal aborts. */
  async run(node: string, random: Random, stop: AbortSignal): Promise<void> {
    let [published, marked] = [0, 0];
    while (!stop.aborted) {
      while (!stop.aborted && this.#clock.nowMicros() < (this.#silentUntil.get(node) ?? 0n))
        await this.#clock.sleep(500, stop).catch(() => {});
      const instantMicros = this.#clock.nowMicros();
      const records = this.#source.log.slice(published);
      // Other topics are other connections: of the two neither is always first.
      const isSchemaFirst = random.chance(0.5);
      for (const isSchema of [isSchemaFirst, !isSchemaFirst]) {
        await this.#publish(
          node,
          records.filter(({ topic }) => (topic === topics.schema) === isSchema),
          published,
        );
        if (random.chance(0.3)) await this.#clock.sleep(random.int(1_000), stop).catch(() => {});
      }
      published += records.length;
      await this.#toAll({ kind: 'watermark', node, instantMicros, unbrokenSinceMicros: 0n });
      for (; this.#nonces[marked] && this.#nonces[marked]!.place <= published; marked++)
        await this.#toAll({ kind: 'drain-mark', node, nonce: this.#nonces[marked]!.nonce });
      await this.#clock.sleep(100 + random.int(random.chance(0.2) ? 3_000 : 900), stop).catch(() => {});
    }
  }

  async #publish(node: string, records: readonly LoggedRecord[], from: number): Promise<void> {
    for (const [index, { topic, body }] of records.entries()) {
      const place = { segment: 1n, position: from + index, logVersion: 7 };
      await this.#send(topic, { kind: 'record', node, ...place, body });
    }
  }

  async #toAll(event: ChangeEvent): Promise<void> {
    for (const topic of everyTopic) await this.#send(topic, event);
  }

  async #send(topic: string, event: ChangeEvent): Promise<void> {
    const publisher = await this.#bus.publisher(topic);
    await publisher.publish(encodeChangeEvent(event));
  }
}
