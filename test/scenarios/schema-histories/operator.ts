import { OperatorError } from '../../../src/errors.ts';
import { decideSchema } from '../../../src/phases/decide-schema.ts';
import type { WorkerContext } from '../../../src/phases/phase-context.ts';
import { dropLetters, findLetters, replayLetters } from '../../../src/phases/settle-letters.ts';
import { hasLeft } from '../../../src/state/migration-state.ts';
import type { Random } from '../../model/simulation/random.ts';

/** Looks at what waits for a decision, and decides, soon or late. */
export class Operator {
  readonly #context: WorkerContext;
  readonly #random: Random;

  constructor(context: WorkerContext, random: Random) {
    this.#context = context;
    this.#random = random;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#context.clock.sleep(200 + this.#random.int(7_000), stop).catch(() => {});
      if (!stop.aborted) await this.decide();
    }
  }

  /** Answers how many tables wait. */
  async decide(): Promise<number> {
    const { pauses } = await this.#context.ledger.refresh();
    for (const { table, choices } of pauses.values()) {
      const onward = choices.filter((candidate) => candidate !== 'stop');
      const choice = onward.length === 0 || this.#random.chance(0.03) ? 'stop' : this.#random.pick(onward);
      // He may be late: the table is another again.
      await decideSchema(this.#context, { choice, table }).catch(throwUnlessOperators);
    }
    return pauses.size;
  }

  /** Answers how many were open. */
  async replayLetters(): Promise<number> {
    const letters = await findLetters(this.#context, 'open');
    const { state } = this.#context.ledger;
    const [ofStopped, others] = [true, false].map((isOf) =>
      letters.filter(({ table }) => hasLeft(state, table) === isOf),
    );
    await dropLetters(ofStopped!, 'its table was stopped', this.#context);
    await replayLetters(others!, this.#context);
    return letters.length;
  }
}

function throwUnlessOperators(error: unknown): void {
  if (!(error instanceof OperatorError)) throw error;
}
