import { PulsarError } from './pulsar-error.ts';

/**
 * Which sequence id a message gets. With deduplication the broker drops, with a receipt like any other, what is not above
 * the highest id it has stored for the producer's name, and it judges a batch by its lowest id alone: so what it would
 * drop is never put into a batch with what it would not, and ids that go down are refused.
 */
export class SequenceRule {
  private readonly isNamed: boolean;
  private resumesAfter = -1;
  private lastId = -1;
  private isCallers: boolean | null = null;

  constructor(isNamed: boolean) {
    this.isNamed = isNamed;
  }

  /** The broker's record of this producer's name when it came; -1 for none. */
  resumeAfter(lastStoredId: number): void {
    this.resumesAfter = lastStoredId;
    this.lastId = lastStoredId;
  }

  /** Null when the broker has it already. PulsarError when the id may not follow what was sent before. */
  next(given: number | undefined): number | null {
    this.throwOnMixture(given !== undefined);
    if (given === undefined) return ++this.lastId;
    if (!Number.isSafeInteger(given) || given < 0) throw refused(`sequence id ${given} is no whole number from 0 on`);
    if (given <= this.resumesAfter && this.lastId <= this.resumesAfter) return null;
    if (given <= this.lastId) throw refused(`sequence id ${given} after ${this.lastId}: the broker would drop it`);
    this.lastId = given;
    return given;
  }

  private throwOnMixture(isGiven: boolean): void {
    if (isGiven && !this.isNamed)
      throw refused('sequence ids need a producer with a name: the broker keeps them by it');
    if (this.isCallers !== null && this.isCallers !== isGiven) {
      throw refused('some messages have a sequence id and some have none: the broker would drop one or the other');
    }
    this.isCallers = isGiven;
  }
}

function refused(why: string): PulsarError {
  return new PulsarError('NotAllowedError', why);
}
