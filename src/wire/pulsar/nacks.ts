import { compareMessageIds, entryKeyOf, type MessageId } from './message-id.ts';
import type { NackBackoff } from './types.ts';

const defaultBackoff: NackBackoff = { firstMs: 1_000, maxMs: 60_000 };
/** Counts of messages that nobody nacks or acknowledges any more must not grow for ever. */
const rememberedEntries = 10_000;
/** What is due within this time is asked for in one command. */
const groupMs = 5;

interface Waiting {
  readonly id: MessageId;
  readonly dueAtMs: number;
}

/** Messages that shall come again later: which, when, and how often they did. */
export class Nacks {
  private readonly backoff: NackBackoff;
  private readonly redeliver: (ids: readonly MessageId[]) => void;
  /** By message, for each message of a batch may be nacked. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly counts = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private wakesAtMs = Number.POSITIVE_INFINITY;

  constructor(backoff: NackBackoff | undefined, redeliver: (ids: readonly MessageId[]) => void) {
    this.backoff = backoff ?? defaultBackoff;
    this.redeliver = redeliver;
  }

  /** Without a delay it doubles with each nack of the same message. */
  add(id: MessageId, delayMs: number = this.nextDelayMs(id)): void {
    const dueAtMs = performance.now() + delayMs;
    this.waiting.set(keyOf(id), { id, dueAtMs });
    if (dueAtMs < this.wakesAtMs) this.wakeAt(dueAtMs);
  }

  /** It was acknowledged after all. */
  done(id: MessageId): void {
    if (this.waiting.size === 0 && this.counts.size === 0) return;
    this.waiting.delete(keyOf(id));
    this.counts.delete(keyOf(id));
  }

  /** All of one topic up to this one were acknowledged. */
  doneUpTo(id: MessageId): void {
    for (const [key, one] of this.waiting) if (compareMessageIds(one.id, id) <= 0) this.waiting.delete(key);
  }

  /** All of them come again anyway; how often they did is still known. */
  clear(): void {
    this.waiting.clear();
    this.wakeAt(Number.POSITIVE_INFINITY);
  }

  private nextDelayMs(id: MessageId): number {
    const key = keyOf(id);
    const count = this.counts.get(key) ?? 0;
    this.counts.delete(key);
    this.counts.set(key, count + 1);
    if (this.counts.size > rememberedEntries) this.counts.delete(this.counts.keys().next().value!);
    return Math.min(this.backoff.maxMs, this.backoff.firstMs * 2 ** Math.min(count, 30));
  }

  private wakeAt(atMs: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.wakesAtMs = atMs;
    const isEver = atMs < Number.POSITIVE_INFINITY;
    this.timer = isEver ? setTimeout(() => this.run(), Math.max(0, Math.ceil(atMs - performance.now()))) : null;
  }

  private run(): void {
    const until = performance.now() + groupMs;
    const due = [...this.waiting.values()].filter((one) => one.dueAtMs <= until).map((one) => one.id);
    for (const id of due) this.waiting.delete(keyOf(id));
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of this.waiting.values()) nextMs = Math.min(nextMs, dueAtMs);
    this.wakeAt(nextMs);
    if (due.length > 0) this.redeliver(due);
  }
}

function keyOf(id: MessageId): string {
  return `${entryKeyOf(id)}:${id.batchIndex}`;
}
