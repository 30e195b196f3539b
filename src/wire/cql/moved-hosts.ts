import type { SocketAddress } from './open-socket.ts';
import type { PoolSlot } from './pool-slot.ts';

/** Finds out where hosts are that stay away: front ends of a service come and go, and the addresses of their first day die out. */
export class MovedHosts {
  /** While somebody is being asked. */
  asking: Promise<void> | undefined;
  readonly #slots: readonly PoolSlot[];
  readonly #find: () => Promise<readonly SocketAddress[]>;
  readonly #lookAgainMs: number;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(slots: readonly PoolSlot[], find: () => Promise<readonly SocketAddress[]>, lookAgainMs: number) {
    this.#slots = slots;
    this.#find = find;
    this.#lookAgainMs = lookAgainMs;
  }

  /** Asks if a slot has been without a connection for long, and nobody has just asked. */
  look(nowMs: number): void {
    const isLong = (sinceMs: number) => nowMs - sinceMs >= this.#lookAgainMs;
    if (this.asking || !isLong(this.#askedMs)) return;
    if (this.#slots.some((slot) => !slot.isLive && isLong(slot.awaySinceMs)))
      this.asking = this.#ask().finally(() => {
        this.asking = undefined;
      });
  }

  async #ask(): Promise<void> {
    try {
      moveAway(this.#slots, await this.#find());
    } catch {
      // Asked again in a while; why there is no connection the slots know themselves.
    } finally {
      this.#askedMs = performance.now();
    }
  }
}

/** Sends slots without a connection, whose host is not among these any more, to those with the fewest. */
function moveAway(slots: readonly PoolSlot[], present: readonly SocketAddress[]): void {
  if (present.length === 0) return;
  for (const slot of slots) {
    if (slot.isLive || present.some((address) => isSame(address, slot.address))) continue;
    const taken = present.map((address) => slots.filter((other) => isSame(other.address, address)).length);
    slot.address = present[taken.indexOf(Math.min(...taken))]!;
  }
}

function isSame(one: SocketAddress, other: SocketAddress): boolean {
  return one.host === other.host && one.port === other.port;
}
