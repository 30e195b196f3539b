import { waitBeforeAttempt } from './backoff.ts';
import { PulsarError } from './pulsar-error.ts';

const usualAttempts = 6;

export interface Repeating {
  readonly attempts?: number;
  /** What trying again does not mend, after so many attempts (from 1); default: what is not transient. */
  readonly isLasting?: (error: PulsarError, attempt: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** For what ends alike, done once or several times: again where it failed for now, after growing pauses. */
export async function repeatedly<Result>(doOnce: () => Promise<Result>, repeating: Repeating = {}): Promise<Result> {
  const { attempts = usualAttempts, isLasting = (error) => !error.isTransient, signal } = repeating;
  for (let attempt = 1; ; attempt++) {
    try {
      return await doOnce();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PulsarError) || isLasting(error, attempt) || attempt >= attempts) throw error;
      await waitBeforeAttempt(attempt - 1, signal);
    }
  }
}
