import type { Clock } from '../ports/clock.ts';

export interface TimedPage<Page> {
  readonly page: Page;
  /** When it arrived, microseconds since 1970. */
  readonly arrivedAtMicros: bigint;
}

/** Asks for the next page while the one before is worked on. */
export async function* readAhead<Page>(pages: AsyncIterable<Page>, clock: Clock): AsyncGenerator<TimedPage<Page>> {
  const iterator = pages[Symbol.asyncIterator]();
  let following = ask();
  try {
    for (;;) {
      const { result, arrivedAtMicros } = await following;
      if (result.done) return;
      following = ask();
      yield { page: result.value, arrivedAtMicros };
    }
  } finally {
    await iterator.return?.();
  }

  function ask() {
    const asked = iterator.next().then((result) => ({ result, arrivedAtMicros: clock.nowMicros() }));
    // It may fail after the reader has left; whoever awaits it sees the failure.
    asked.catch(() => undefined);
    return asked;
  }
}
