import type { Clock } from '../ports/clock.ts';

export interface TimedPage<Page> {
  readonly page: Page;
  /** When it arrived, microseconds since 1970. */
  readonly arrivedAtMicros: bigint;
  /** From asking for it to its arrival. */
  readonly tookMs: number;
}

/** Asks for the next page while the one before is worked on. */
export async function* readAhead<Page>(pages: AsyncIterable<Page>, clock: Clock): AsyncGenerator<TimedPage<Page>> {
  const iterator = pages[Symbol.asyncIterator]();
  let following = ask();
  try {
    for (;;) {
      const { result, ...timed } = await following;
      if (result.done) return;
      following = ask();
      yield { page: result.value, ...timed };
    }
  } finally {
    await iterator.return?.();
  }

  function ask() {
    const askedAtMicros = clock.nowMicros();
    const asked = iterator.next().then((result) => {
      const arrivedAtMicros = clock.nowMicros();
      return { result, arrivedAtMicros, tookMs: Number(arrivedAtMicros - askedAtMicros) / 1000 };
    });
    // It may fail after the reader has left; whoever awaits it sees the failure.
    asked.catch(() => undefined);
    return asked;
  }
}
