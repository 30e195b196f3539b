import type { DrainMarkEvent, WatermarkEvent } from '../model/change-event.ts';
import { emptyBooks, type StreamBooks } from '../model/stream-books.ts';
import { addBooks } from './batch-books.ts';
import { addLatencies, type LatencyCounts } from './latency.ts';
import { MinuteBooks } from './minute-books.ts';
import type { ParkedTable } from './parking-lot.ts';
import type { PartitionProgress } from './partition-progress.ts';

/** What a worker knows of a partition it holds; marks count from when everything before them is acknowledged. */
export class PartitionState {
  readonly #partition: number;
  readonly #watermarks: Record<string, bigint> = {};
  readonly #unbrokenSince: Record<string, bigint> = {};
  readonly #marks = new Map<string, Set<string>>();
  readonly #drained: string[] = [];
  #latency: LatencyCounts = {};
  #books: StreamBooks = emptyBooks;
  readonly #minutes: MinuteBooks;

  constructor(partition: number, nowMicros: bigint) {
    this.#partition = partition;
    this.#minutes = new MinuteBooks(nowMicros);
  }

  passWatermark({ node, instantMicros, unbrokenSinceMicros }: WatermarkEvent): void {
    const known = this.#watermarks[node];
    // A watermark that comes again after a restart says less than what is known.
    if (known === undefined || instantMicros > known) this.#watermarks[node] = instantMicros;
    const since = this.#unbrokenSince[node];
    if (since === undefined || unbrokenSinceMicros > since) this.#unbrokenSince[node] = unbrokenSinceMicros;
  }

  /** Answers whether every node's mark of this drain has now passed. */
  passDrainMark({ node, nonce }: DrainMarkEvent, nodes: readonly string[]): boolean {
    const seen = this.#marks.get(nonce) ?? new Set();
    this.#marks.set(nonce, seen.add(node));
    return nodes.every((each) => seen.has(each)) && !this.#drained.includes(nonce);
  }

  drainDone(nonce: string): void {
    this.#drained.push(nonce);
  }

  passBatch(books: StreamBooks, latency: LatencyCounts, nowMicros: bigint): void {
    this.#minutes.add(books, nowMicros);
    this.#books = addBooks(this.#books, books);
    this.#latency = addLatencies(this.#latency, latency);
  }

  progress(worker: string, atMicros: bigint, parked: readonly ParkedTable[]): PartitionProgress {
    return {
      worker,
      partition: this.#partition,
      atMicros,
      watermarks: { ...this.#watermarks },
      unbrokenSince: { ...this.#unbrokenSince },
      drained: [...this.#drained],
      books: this.#books,
      lastMinute: this.#minutes.last(atMicros),
      latency: { ...this.#latency },
      parked,
    };
  }
}
