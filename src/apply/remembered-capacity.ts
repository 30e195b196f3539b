import type { WriteCapacity } from '../model/write-capacity.ts';

/** What a table was known to take when it was asked about last. Only the first answer is waited for. */
export interface RememberedCapacity {
  readonly known: WriteCapacity | undefined;
  /** Whether it was never asked about, or the last time in vain. */
  readonly isUnsure: boolean;
  /** Resolves with the first answer, or when it cannot be had; undefined before it is asked for, and from then on. */
  readonly first: Promise<void> | undefined;
  /** Asks unless that was done within the last minute: an operator may change it at any time. */
  ask(nowMicros: bigint, signal?: AbortSignal): void;
}

const askAgainMicros = 60_000_000n;

export function rememberedCapacity(
  capacityOf: (signal?: AbortSignal) => Promise<WriteCapacity | undefined>,
): RememberedCapacity {
  let known: WriteCapacity | undefined;
  let isUnsure = true;
  let first: Promise<void> | undefined;
  let askAtMicros = 0n;

  async function find(signal: AbortSignal | undefined): Promise<void> {
    try {
      known = await capacityOf(signal);
      isUnsure = false;
    } catch {
      // What cannot be known must not stop a write.
      isUnsure = true;
    }
    first = undefined;
  }

  return {
    get known() {
      return known;
    },
    get isUnsure() {
      return isUnsure;
    },
    get first() {
      return first;
    },
    ask(nowMicros, signal) {
      if (nowMicros < askAtMicros) return;
      const isFirst = askAtMicros === 0n;
      askAtMicros = nowMicros + askAgainMicros;
      const finding = find(signal);
      if (isFirst) first = finding;
    },
  };
}
