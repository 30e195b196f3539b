/** What a batch weighs while it is under way. */
export interface BatchWeight {
  readonly messages: number;
  readonly bytes: number;
}

export interface LineBounds {
  readonly batches: number;
  readonly messages: number;
  readonly bytes: number;
  /** Batches that are done and wait for an earlier one; they hold little, and come again if the worker dies. */
  readonly doneBatches: number;
}

interface Begun<Done> {
  readonly done: Promise<Done>;
  isOver: boolean;
}

/**
 * Batches that are applied at the same time. One that a slow answer holds up holds up no other, but they are finished, which
 * is acknowledged and counted, in the order in which they came: each with all that are done behind it.
 */
export class BatchLine<Done> {
  readonly #bounds: LineBounds;
  readonly #finish: (done: readonly Done[]) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  readonly #begun: Begun<Done>[] = [];
  #underWay = { batches: 0, messages: 0, bytes: 0 };
  #isFinishing = false;
  #wake = () => {};

  /** `finish` is called with one stretch at a time; after its failure, or a batch's, nothing more is finished. */
  constructor(
    bounds: LineBounds,
    finish: (done: readonly Done[]) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#bounds = bounds;
    this.#finish = finish;
    this.#onFailure = onFailure;
  }

  get isEmpty(): boolean {
    return this.#begun.length === 0;
  }

  /** For one who waits: resolves once another batch may begin, or the signal aborts. One may always, where none is under way. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    while (!this.#hasRoom() && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      // Taken away again: a signal that lives as long as the session would gather them.
      const wake = this.#wake;
      signal.addEventListener('abort', wake, { once: true });
      await woken;
      signal.removeEventListener('abort', wake);
    }
  }

  begin(weight: BatchWeight, work: () => Promise<Done>): void {
    this.#weigh(weight, 1);
    const begun: Begun<Done> = { done: work(), isOver: false };
    this.#begun.push(begun);
    begun.done.then(
      () => {
        begun.isOver = true;
        this.#weigh(weight, -1);
        void this.#finishStretch();
      },
      (error: unknown) => {
        this.#weigh(weight, -1);
        this.#onFailure(error);
      },
    );
  }

  /** Resolves when nothing is under way any more, however it ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#begun.map(({ done }) => done));
  }

  async #finishStretch(): Promise<void> {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    try {
      for (let count = this.#doneInFront(); count > 0; count = this.#doneInFront()) {
        await this.#finish(await Promise.all(this.#begun.slice(0, count).map(({ done }) => done)));
        this.#begun.splice(0, count);
        this.#wake();
      }
      this.#isFinishing = false;
    } catch (error) {
      // Left as it is, so that nothing behind it is finished.
      this.#onFailure(error);
    }
  }

  #doneInFront(): number {
    const first = this.#begun.findIndex(({ isOver }) => !isOver);
    return first < 0 ? this.#begun.length : first;
  }

  #hasRoom(): boolean {
    const { batches, messages, bytes } = this.#underWay;
    if (this.#begun.length - batches >= this.#bounds.doneBatches) return false;
    return (
      batches === 0 ||
      (batches < this.#bounds.batches && messages < this.#bounds.messages && bytes < this.#bounds.bytes)
    );
  }

  #weigh({ messages, bytes }: BatchWeight, sign: 1 | -1): void {
    const now = this.#underWay;
    this.#underWay = {
      batches: now.batches + sign,
      messages: now.messages + sign * messages,
      bytes: now.bytes + sign * bytes,
    };
    this.#wake();
  }
}
