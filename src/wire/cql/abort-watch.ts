/**
 * Listens once to a signal, however many waits share it: ten thousand writes under one signal would otherwise register
 * ten thousand listeners, and every registration walks through those before it.
 */
export class AbortWatch {
  readonly #onAbort: (signal: AbortSignal) => void;
  readonly #watched = new Map<AbortSignal, { count: number; readonly listener: () => void }>();

  constructor(onAbort: (signal: AbortSignal) => void) {
    this.#onAbort = onAbort;
  }

  /** Call `remove` once for each `add`, also after an abort. */
  add(signal: AbortSignal): void {
    const known = this.#watched.get(signal);
    if (known) {
      known.count++;
      return;
    }
    const listener = () => this.#onAbort(signal);
    this.#watched.set(signal, { count: 1, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  remove(signal: AbortSignal): void {
    const known = this.#watched.get(signal);
    if (!known || --known.count > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', known.listener);
  }
}
