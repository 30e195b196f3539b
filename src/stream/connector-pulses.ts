import type { ConnectorPlace } from '../model/lane.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { NodePulses, Pulses } from './node-pulses.ts';

export interface ConnectorPulsesParts {
  readonly bus: Pick<MessageBus, 'backlog'>;
  readonly clock: Clock;
  readonly pulses: Pick<NodePulses, 'settled' | 'settleMicros'>;
  readonly connector: ConnectorPlace;
  readonly signal: AbortSignal;
}

/**
 * The nodes' pulses as far as a connector is behind them: once it has acknowledged every event that was published before
 * they settled, and has had time to publish what it had in hand. It acknowledges before it publishes, so this measures and
 * proves nothing.
 */
export class ConnectorPulses {
  readonly #parts: ConnectorPulsesParts;
  #passed: Pulses = { version: -1, instants: new Map(), nonces: new Map() };
  #waiting: { readonly pulses: Pulses; readonly settledMicros: bigint } | undefined;
  #published: { readonly pulses: Pulses; readonly dueMicros: bigint } | undefined;

  constructor(parts: ConnectorPulsesParts) {
    this.#parts = parts;
  }

  async settled(): Promise<Pulses> {
    const { clock, pulses } = this.#parts;
    this.#waiting ??= { pulses: pulses.settled(), settledMicros: clock.nowMicros() };
    if (this.#published === undefined && (await this.#hasPassed(this.#waiting.settledMicros))) {
      this.#published = { pulses: this.#waiting.pulses, dueMicros: clock.nowMicros() + pulses.settleMicros };
      this.#waiting = undefined;
    }
    if (this.#published && clock.nowMicros() >= this.#published.dueMicros) {
      this.#passed = this.#published.pulses;
      this.#published = undefined;
    }
    return this.#passed;
  }

  /** Whether the connector has acknowledged all events that were published up to an instant. */
  async #hasPassed(instantMicros: bigint): Promise<boolean> {
    const { bus, connector, signal } = this.#parts;
    for (const topic of connector.eventsTopics) {
      const { oldestPublishedAtMs } = await bus.backlog(topic, connector.subscription, signal);
      if (oldestPublishedAtMs !== undefined && BigInt(oldestPublishedAtMs) * 1000n <= instantMicros) return false;
    }
    return true;
  }
}
