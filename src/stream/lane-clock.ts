import { sinkSubscription } from '../model/topics.ts';
import type { MessageBus, Position } from '../ports/message-bus.ts';
import type { Pulses } from './node-pulses.ts';

export interface LaneClockParts {
  readonly bus: Pick<MessageBus, 'lastPosition' | 'backlog' | 'comparePositions'>;
  readonly pulses: { settled(): Pulses | Promise<Pulses> };
  readonly topic: string;
  readonly signal: AbortSignal;
}

/**
 * Tells when everything that stood on a lane, at a moment after the nodes' canaries had settled, is acknowledged. Nothing
 * on an events topic says how far its node's log has been read, so the end of the topic as it was then takes that place.
 */
export class LaneClock {
  readonly #parts: LaneClockParts;
  #pending: { readonly pulses: Pulses; readonly end: Position } | undefined;
  #toldVersion = -1;
  #newest: Position | undefined;

  constructor(parts: LaneClockParts) {
    this.#parts = parts;
  }

  /** Called with the newest position that is acknowledged with all before it, or with nothing after a while without messages. */
  async pass(acknowledged?: Position): Promise<Pulses | undefined> {
    this.#newest = acknowledged ?? this.#newest;
    if (this.#pending === undefined) return this.#begin();
    const { pulses, end } = this.#pending;
    const isPassed = this.#isAcknowledged(end) || (acknowledged === undefined && (await this.#isIdle()));
    return isPassed ? this.#tell(pulses) : undefined;
  }

  async #begin(): Promise<Pulses | undefined> {
    const { bus, pulses, topic, signal } = this.#parts;
    const settled = await pulses.settled();
    if (settled.version === this.#toldVersion) return undefined;
    const end = await bus.lastPosition(topic, signal);
    if (end === undefined || this.#isAcknowledged(end)) return this.#tell(settled);
    this.#pending = { pulses: settled, end };
    return undefined;
  }

  #isAcknowledged(end: Position): boolean {
    return this.#newest !== undefined && this.#parts.bus.comparePositions(this.#newest, end) >= 0;
  }

  /** The end may have been acknowledged by whoever held the lane before: then it never comes here. */
  async #isIdle(): Promise<boolean> {
    const { bus, topic, signal } = this.#parts;
    return (await bus.backlog(topic, sinkSubscription, signal)).entries === 0;
  }

  #tell(pulses: Pulses): Pulses {
    this.#pending = undefined;
    this.#toldVersion = pulses.version;
    return pulses;
  }
}
