import type { Random } from '../../model/simulation/random.ts';

/** Timestamps that the application gives itself, none twice in a history, nor one beside another: a tie is no one's to settle. */
export class WriteTimes {
  readonly #random: Random;
  readonly #bounds: { readonly fromMicros: bigint; readonly toMicros: bigint };
  readonly #used = new Set<bigint>();

  constructor(random: Random, bounds: { readonly fromMicros: bigint; readonly toMicros: bigint }) {
    this.#random = random;
    this.#bounds = bounds;
  }

  next(): bigint {
    const { fromMicros, toMicros } = this.#bounds;
    for (;;) {
      const slot = this.#random.micros(fromMicros, toMicros) / 8n;
      if (this.#used.has(slot)) continue;
      this.#used.add(slot);
      return slot * 8n;
    }
  }
}
