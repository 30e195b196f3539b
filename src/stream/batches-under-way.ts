/** Of one batch that is under way. */
export interface BatchUnderWay {
  /** Resolves once every batch that had begun before this one, and that touches the partition, has ended. */
  untilEarlierEnded(partition: string): Promise<void>;
  /** Nothing of the batch is under way any more, done or failed. */
  end(): void;
}

/**
 * The batches of one changes partition whose writes are under way, by the partitions of the tables that they touch. A batch
 * waits only for those that began before it, so none waits in a circle.
 */
export class BatchesUnderWay {
  readonly #all = new Set<Begun>();

  begin(partitions: ReadonlySet<string>): BatchUnderWay {
    const earlier = [...this.#all];
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begun: Begun = { partitions, ended };
    this.#all.add(begun);
    return {
      async untilEarlierEnded(partition) {
        await Promise.all(earlier.filter((each) => each.partitions.has(partition)).map((each) => each.ended));
      },
      end: () => {
        this.#all.delete(begun);
        end();
      },
    };
  }
}

interface Begun {
  readonly partitions: ReadonlySet<string>;
  readonly ended: Promise<void>;
}
