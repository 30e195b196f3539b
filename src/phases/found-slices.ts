import type { Ledger } from '../state/ledger.ts';
import type { DoubtfulSlice } from '../state/ledger-event.ts';

/** Slices that are found where nobody can wait for the ledger. */
export interface FoundSlices {
  add(slice: DoubtfulSlice): void;
  /** Until the signal aborts; fails with the first that the ledger did not take. */
  follow(signal: AbortSignal): Promise<void>;
}

/** One that is lost with its worker is found anew: each worker reads the schema topic from its beginning. */
export function foundSlices(ledger: Pick<Ledger, 'append'>): FoundSlices {
  const failed = new AbortController();
  return {
    add(slice) {
      ledger.append({ kind: 'slice-opened', slice }).catch((error: unknown) => failed.abort(error));
    },
    async follow(signal) {
      const either = AbortSignal.any([signal, failed.signal]);
      if (!either.aborted) await new Promise((end) => either.addEventListener('abort', end, { once: true }));
      failed.signal.throwIfAborted();
    },
  };
}
