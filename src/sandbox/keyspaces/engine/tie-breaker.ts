import type { SeededCoin } from '../seeded-coin.ts';

const remembered = 50_000;

/**
 * Decides between two writes of one row with one client timestamp. Cassandra lets the greater value win, always; Keyspaces lets either.
 * Only writes that come through here, of the same columns, are compared.
 */
export class TieBreaker {
  readonly #coin: SeededCoin;
  readonly #last = new Map<string, bigint>();

  constructor(coin: SeededCoin) {
    this.#coin = coin;
  }

  /** 'first': this write must not be seen. 'second': it must win, whatever its value. */
  winner(rowAndColumns: string, micros: bigint): 'no tie' | 'first' | 'second' {
    const before = this.#last.get(rowAndColumns);
    if (before !== micros) return 'no tie';
    return this.#coin.falls(0.5) ? 'first' : 'second';
  }

  /** The write is surely there. */
  wrote(rowAndColumns: string, micros: bigint): void {
    const before = this.#last.get(rowAndColumns);
    if (this.#last.size >= remembered) this.#last.clear();
    if (before === undefined || micros > before) this.#last.set(rowAndColumns, micros);
  }
}
