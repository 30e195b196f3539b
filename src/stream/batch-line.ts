/** What a batch weighs while it is under way. */
export interface BatchWeight {
  readonly messages: number;
  readonly bytes: number;
}

export interface LineBounds {
  readonly batches: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface LineParts<Done> {
  readonly bounds: LineBounds;
  /** Two that follow one another as one: however many are done behind one that is held up, they are kept as one. */
  readonly join: (earlier: Done, later: Done) => Done;
  /** Called with one stretch at a time; after its failure, or a batch's, nothing more is finished. */
  readonly finish: (done: Done) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

interface Begun<Done> {
  /** In an object, since what is done may be anything; undefined while it is under way. */
  done?: { readonly value: Done };
}

/**
 * Batches that are applied at the same time. One that a slow answer or a large delete holds up holds up no other, but they
 * are finished, which is acknowledged and counted, in the order in which they came: each with all that are done behind it.
 */
export class BatchLine<Done> {
  readonly #parts: LineParts<Done>;
  readonly #begun: Begun<Done>[] = [];
  readonly #running = new Set<Promise<Done>>();
  #underWay = { batches: 0, messages: 0, bytes: 0 };
  #isFinishing = false;
  #wake = () => {};

  constructor(parts: LineParts<Done>) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#begun.length === 0 && !this.#isFinishing;
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
    const begun: Begun<Done> = {};
    const running = work();
    this.#begun.push(begun);
    this.#running.add(running);
    const end = () => {
      this.#running.delete(running);
      this.#weigh(weight, -1);
    };
    running.then(
      (value) => {
        end();
        begun.done = { value };
        this.#closeRanks(this.#begun.indexOf(begun));
        void this.#finishFront();
      },
      (error: unknown) => {
        end();
        this.#parts.onFailure(error);
      },
    );
  }

  /** Resolves when nothing is under way any more, however it ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Joins one that is done with those beside it that are. */
  #closeRanks(at: number): void {
    for (const earlier of [at, at - 1]) {
      const [first, second] = [this.#begun[earlier]?.done, this.#begun[earlier + 1]?.done];
      if (first && second)
        this.#begun.splice(earlier, 2, { done: { value: this.#parts.join(first.value, second.value) } });
    }
  }

  async #finishFront(): Promise<void> {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    try {
      // Taken out first: what is done meanwhile must not join it.
      for (let front = this.#takeFront(); front; front = this.#takeFront()) await this.#parts.finish(front.value);
      this.#isFinishing = false;
    } catch (error) {
      // Left as it is, so that nothing behind it is finished.
      this.#parts.onFailure(error);
    }
  }

  #takeFront(): { readonly value: Done } | undefined {
    return this.#begun[0]?.done && this.#begun.shift()!.done;
  }

  #hasRoom(): boolean {
    const { batches, messages, bytes } = this.#underWay;
    const { bounds } = this.#parts;
    return batches === 0 || (batches < bounds.batches && messages < bounds.messages && bytes < bounds.bytes);
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
