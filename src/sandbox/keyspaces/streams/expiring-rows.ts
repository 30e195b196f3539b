import type { StoredImage } from './read-image.ts';

interface Expiring {
  readonly image: NonNullable<StoredImage>;
  readonly timer: NodeJS.Timeout;
}

/** Seconds are all that CQL tells of a TTL: a look before the next whole one would come too early. */
const graceMs = 1_100;
/** The longest that a timer waits; what lives longer is looked at again. */
const longestMs = 2 ** 31 - 1;

/** Rows as they were last seen, of those with cells that expire; who shows them afterwards has nothing else to show. */
export class ExpiringRows {
  readonly #rows = new Map<string, Expiring>();

  /** Undefined for a row without TTL. */
  lastSeen(name: string): StoredImage {
    return this.#rows.get(name)?.image;
  }

  /** Takes the place of what was seen before; `onDue` is called when the first cell has expired. */
  see(name: string, image: StoredImage, onDue: () => void): void {
    clearTimeout(this.#rows.get(name)?.timer);
    this.#rows.delete(name);
    const soonest = Math.min(...(image ?? []).map(({ ttlSeconds }) => ttlSeconds ?? Number.POSITIVE_INFINITY));
    if (!image || soonest === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(onDue, Math.min(longestMs, soonest * 1000 + graceMs)).unref();
    // Copies: a cell keeps the whole response alive that it came in.
    const kept = image.map((cell) => ({ ...cell, bytes: Buffer.from(cell.bytes) }));
    this.#rows.set(name, { image: kept, timer });
  }

  close(): void {
    for (const { timer } of this.#rows.values()) clearTimeout(timer);
    this.#rows.clear();
  }
}
