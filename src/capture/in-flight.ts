/** Sections that are read and not yet acknowledged, oldest first. */
export interface InFlight {
  /** Adds a section that pins `bytes` of memory until all of `publishes` are stored; then, in the order of adding, `onDone`. */
  add(bytes: number, publishes: readonly Promise<unknown>[], onDone: () => void): void;
  /** Resolves when there is room for more. Rejects with the signal's reason. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves when everything added so far is acknowledged. Rejects with the signal's reason. */
  drained(signal: AbortSignal): Promise<void>;
}

/** Calls `onFault` once with the first publish that fails; what came after it never counts as done. */
export function openInFlight(maxBytes: number, onFault: (cause: unknown) => void): InFlight {
  let bytesInFlight = 0;
  let tail: Promise<void> = Promise.resolve();
  const waiting: (() => void)[] = [];

  // Sections end in the order they were read: a position says "all up to here".
  function add(bytes: number, publishes: readonly Promise<unknown>[], onDone: () => void): void {
    bytesInFlight += bytes;
    const stored = Promise.all(publishes);
    // Handled below as part of the chain, which may reach it only after an earlier one; until then Node would call it unhandled.
    stored.catch(onFault);
    tail = tail.then(async () => {
      await stored;
      bytesInFlight -= bytes;
      onDone();
      for (const wake of waiting.splice(0)) wake();
    });
    tail.catch(() => {});
  }

  async function room(signal: AbortSignal): Promise<void> {
    while (bytesInFlight >= maxBytes) await untilAborted(new Promise<void>((wake) => waiting.push(wake)), signal);
  }

  return { add, room, drained: (signal) => untilAborted(tail, signal) };
}

/** The promise, or the signal's reason if that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
