import { AbortWatch } from './abort-watch.ts';

export interface Waiter {
  /** When it came, by performance.now(). */
  readonly sinceMs: number;
  readonly signal: AbortSignal | undefined;
  /** Takes its turn; false if there was no room after all. */
  readonly tryRun: () => boolean;
  readonly reject: (error: unknown) => void;
}

/** Requests that wait for room, first come first served; each can leave by its signal. */
export class WaitingLine {
  #waiters: Waiter[] = [];
  #next = 0;
  readonly #aborts = new AbortWatch((signal) => this.#dropAborted(signal));

  get length(): number {
    return this.#waiters.length - this.#next;
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
    if (waiter.signal) this.#aborts.add(waiter.signal);
  }

  /** Lets the first ones run while there is room. */
  advance(): void {
    while (this.#next < this.#waiters.length) {
      const waiter = this.#waiters[this.#next]!;
      if (!waiter.tryRun()) break;
      this.#next++;
      this.#leave(waiter);
    }
    this.#forgetThoseWhoLeft();
  }

  /** Those who came by then are the first in the line. */
  rejectSince(sinceMs: number, error: unknown): void {
    const waiters = this.#waiters.slice(this.#next);
    const stay = waiters.findIndex((waiter) => waiter.sinceMs > sinceMs);
    const leaving = stay < 0 ? waiters.length : stay;
    this.#waiters = waiters.slice(leaving);
    this.#next = 0;
    for (const waiter of waiters.slice(0, leaving)) {
      this.#leave(waiter);
      waiter.reject(error);
    }
  }

  rejectAll(error: unknown): void {
    this.rejectSince(Number.POSITIVE_INFINITY, error);
  }

  #dropAborted(signal: AbortSignal): void {
    const waiters = this.#waiters.slice(this.#next);
    this.#waiters = waiters.filter((waiter) => waiter.signal !== signal);
    this.#next = 0;
    for (const waiter of waiters) {
      if (waiter.signal !== signal) continue;
      this.#leave(waiter);
      waiter.reject(signal.reason);
    }
  }

  #leave(waiter: Waiter): void {
    if (waiter.signal) this.#aborts.remove(waiter.signal);
  }

  // Not with every turn: shift() on a line of ten thousand moves all of them.
  #forgetThoseWhoLeft(): void {
    if (this.#next < 1024 && this.#next < this.#waiters.length) return;
    this.#waiters.splice(0, this.#next);
    this.#next = 0;
  }
}
