/** The work of one batch on one partition of a table. */
export interface PartitionUnderWay {
  /** Resolves once all that was under way on the partition when this began has ended. */
  untilEarlierEnded(): Promise<void>;
  /** Nothing of it is under way any more, done or failed. May be called again. */
  end(): void;
}

/** What is under way of one changes partition. Work waits only for what began before it, so none waits in a circle. */
export class PartitionsUnderWay {
  readonly #byPartition = new Map<string, Set<Promise<void>>>();

  begin(partition: string): PartitionUnderWay {
    const all = this.#byPartition.get(partition) ?? new Set();
    this.#byPartition.set(partition, all);
    const earlier = [...all];
    const { promise, resolve } = Promise.withResolvers<void>();
    all.add(promise);
    return {
      async untilEarlierEnded() {
        await Promise.all(earlier);
      },
      end: () => {
        all.delete(promise);
        if (all.size === 0 && this.#byPartition.get(partition) === all) this.#byPartition.delete(partition);
        resolve();
      },
    };
  }
}
