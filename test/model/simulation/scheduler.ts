import { hour, minute, second } from './instants.ts';
import type { Random } from './random.ts';

/** A worker's life as a generator: it yields how long its next step takes. */
export type Life = Generator<bigint, void, void>;

export interface Mishaps {
  readonly random: Random;
  /** Per step. */
  readonly crashProbability: number;
  readonly freezeProbability: number;
  readonly longestFreezeMicros: bigint;
}

interface Process {
  readonly life: Life;
  readonly owner: Ownership;
  readonly restart: (owner: Ownership) => Life;
  nextAt: bigint;
}

/** A worker that has lost its work to another one finishes the step in hand, and cannot acknowledge. */
export interface Ownership {
  isOwner: boolean;
}

/** Runs workers in the order of their steps; one that crashes or freezes is replaced by a new one with the same work. */
export class Scheduler {
  now: bigint;
  readonly #processes = new Set<Process>();
  readonly #mishaps: Mishaps;

  constructor(now: bigint, mishaps: Mishaps) {
    this.now = now;
    this.#mishaps = mishaps;
  }

  start(at: bigint, restart: (owner: Ownership) => Life): void {
    const owner = { isOwner: true };
    this.#processes.add({ life: restart(owner), owner, restart, nextAt: at });
  }

  /** Given-up workers that have not woken yet. */
  get zombies(): number {
    return [...this.#processes].filter((process) => !process.owner.isOwner).length;
  }

  run(): void {
    for (let process = this.#next(); process; process = this.#next()) {
      this.now = process.nextAt > this.now ? process.nextAt : this.now;
      const step = process.life.next();
      if (step.done) this.#processes.delete(process);
      else this.#continue(process, step.value);
    }
  }

  #next(): Process | undefined {
    let first: Process | undefined;
    for (const process of this.#processes) if (!first || process.nextAt < first.nextAt) first = process;
    return first;
  }

  #continue(process: Process, delay: bigint): void {
    process.nextAt = this.now + delay;
    if (!process.owner.isOwner) return;
    const { random, crashProbability, freezeProbability, longestFreezeMicros } = this.#mishaps;
    const fate = random.next();
    if (fate >= crashProbability + freezeProbability) return;
    if (fate < crashProbability) this.#processes.delete(process);
    else process.nextAt = this.now + delay + random.micros(0n, random.chance(0.5) ? longestFreezeMicros : hour);
    process.owner.isOwner = false;
    this.start(this.now + random.micros(second, random.chance(0.5) ? minute : 10n * minute), process.restart);
  }
}
