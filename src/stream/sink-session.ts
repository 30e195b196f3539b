import type { DrainMarkEvent } from '../model/change-event.ts';
import type { Message, Subscription } from '../ports/message-bus.ts';
import { ChangeTaker } from './change-taker.ts';
import { LaneClock } from './lane-clock.ts';
import { ParkingLot } from './parking-lot.ts';
import { PartitionState } from './partition-state.ts';
import { readChangeEvent } from './read-change-event.ts';
import { receiveBatch } from './receive-batch.ts';
import { ParkedReplay } from './replay-parked.ts';
import { reportedLetters } from './reported-letters.ts';
import { type SinkBounds, sinkBounds } from './sink-bounds.ts';
import type { PublishProgress, SinkParts } from './sink-parts.ts';
import { SliceKeeper } from './slice-keeper.ts';
import { SliceRounds } from './slice-rounds.ts';
import { untilPossible } from './until-possible.ts';

const longestIdleMs = 500;
const progressEveryMicros = 1_000_000n;
const forgetEveryMicros = 60_000_000n;
const lookAtParkedEveryMicros = 1_000_000n;

/**
 * One stretch of time in which this worker holds one changes partition. It begins by reading the slice journal and the
 * parked topic, and ends when `signal` aborts: nothing that it had not acknowledged is remembered, for whoever is next is
 * given it again.
 */
export async function runSinkSession(
  partition: number,
  subscription: Subscription,
  publish: PublishProgress,
  parts: SinkParts,
  signal: AbortSignal,
): Promise<void> {
  const keeper = await SliceKeeper.open(parts.bus, partition, signal);
  try {
    const lot = await ParkingLot.open(parts.bus, partition, signal);
    try {
      await new SinkSession(partition, subscription, publish, { keeper, lot }, parts, signal).run();
    } finally {
      await lot.close();
    }
  } finally {
    await keeper.close();
  }
}

class SinkSession {
  readonly #partition: number;
  readonly #subscription: Subscription;
  readonly #publish: PublishProgress;
  readonly #lot: ParkingLot;
  readonly #parts: SinkParts;
  readonly #signal: AbortSignal;
  readonly #state: PartitionState;
  readonly #taker: ChangeTaker;
  readonly #replay: ParkedReplay;
  readonly #rounds: SliceRounds;
  readonly #clock: LaneClock | undefined;
  readonly #bounds: SinkBounds;
  #progressDue = 0n;
  #forgetDue = 0n;
  #lookAtParkedDue = 0n;

  constructor(
    partition: number,
    subscription: Subscription,
    publish: PublishProgress,
    { keeper, lot }: { readonly keeper: SliceKeeper; readonly lot: ParkingLot },
    parts: SinkParts,
    signal: AbortSignal,
  ) {
    this.#partition = partition;
    this.#subscription = subscription;
    this.#publish = publish;
    this.#lot = lot;
    this.#parts = parts;
    this.#signal = signal;
    this.#bounds = sinkBounds(parts.lanes.length);
    this.#state = new PartitionState(partition);
    const lane = parts.lanes[partition]!;
    this.#taker = new ChangeTaker(parts, { lane, keeper, lot, signal });
    this.#clock = parts.pulses && new LaneClock({ ...parts, pulses: parts.pulses, topic: lane.topic, signal });
    this.#rounds = new SliceRounds(keeper, parts, signal);
    const deadLetters = reportedLetters(parts);
    this.#replay = new ParkedReplay({ ...parts, lot, deadLetters, apply: this.#taker.applyLate, signal });
  }

  async run(): Promise<void> {
    const isOver = new AbortController();
    // Not waited for: a broker that is away would keep the session from ending.
    void this.#keepTelling(AbortSignal.any([this.#signal, isOver.signal]));
    try {
      await this.#takeBatches();
    } finally {
      isOver.abort();
      await this.#replay.close();
    }
  }

  async #takeBatches(): Promise<void> {
    while (!this.#signal.aborted) {
      const idleMs = this.#replay.isBusy ? 1 : longestIdleMs;
      const messages = await receiveBatch(this.#subscription, this.#bounds, idleMs, this.#signal);
      if (messages.length > 0) {
        await this.#untilPossible('changes cannot be applied', () => this.#take(messages));
        await this.#untilPossible('the drain cannot be ended', () => this.#passMarks(messages));
      }
      await this.#untilPossible('the place in the stream cannot be found', () => this.#passPulses(messages));
      await this.#untilPossible('slices cannot be applied again', () => this.#rounds.underCopiedRanges());
      await this.#untilPossible('parked changes cannot be replayed', () => this.#replayParked());
      await this.#forgetWhenDue();
      await this.#untilPossible('progress cannot be told', () => this.#tellProgress());
    }
  }

  /** Also while a batch is in hand: one that a slow target holds up must not make its worker look dead. */
  async #keepTelling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(Number(progressEveryMicros / 1000n), signal).catch(() => {});
      // What could not be told now is told a second later, or by the loop above, which waits until it can.
      if (!signal.aborted) await this.#tellProgress().catch(() => {});
    }
  }

  async #take(messages: readonly Message[]): Promise<void> {
    const { books, latenciesMs } = await this.#taker.take(messages, () =>
      this.#subscription.acknowledgeUpTo(messages.at(-1)!.position),
    );
    this.#state.passBatch(books, latenciesMs);
    this.#parts.report({
      kind: 'batch-applied',
      partition: this.#partition,
      changes: books.received,
      duplicates: books.duplicates,
      recopies: books.recopied,
    });
  }

  /** Marks count only now: everything before them is acknowledged. */
  async #passMarks(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const event = readChangeEvent(message);
      if (event?.kind === 'watermark') this.#state.passWatermark(event);
      if (event?.kind === 'drain-mark') await this.#passDrainMark(event);
    }
  }

  /** Of a lane without marks: what all nodes have told of elsewhere, once this lane's end of then is acknowledged. */
  async #passPulses(messages: readonly Message[]): Promise<void> {
    const passed = await this.#clock?.pass(messages);
    if (passed === undefined) return;
    for (const [node, instantMicros] of passed.instants)
      this.#state.passWatermark({ kind: 'watermark', node, instantMicros, unbrokenSinceMicros: 0n });
    for (const [nonce, nodes] of passed.nonces)
      for (const node of nodes) await this.#passDrainMark({ kind: 'drain-mark', node, nonce });
  }

  async #passDrainMark(mark: DrainMarkEvent): Promise<void> {
    if (!this.#state.passDrainMark(mark, this.#parts.nodes)) return;
    await this.#rounds.all();
    this.#state.drainDone(mark.nonce);
    this.#progressDue = 0n;
  }

  /** A table that is no longer paused gets its parked changes first, then its slices: they hide some of them. */
  async #replayParked(): Promise<void> {
    const now = this.#parts.clock.nowMicros();
    if (!this.#replay.isBusy) {
      if (now < this.#lookAtParkedDue) return;
      this.#lookAtParkedDue = now + lookAtParkedEveryMicros;
      await this.#lot.look(this.#signal);
    }
    await this.#replay.step();
    if (!this.#replay.isBusy) await this.#rounds.ofResumedTables();
  }

  async #forgetWhenDue(): Promise<void> {
    const now = this.#parts.clock.nowMicros();
    if (now < this.#forgetDue) return;
    this.#forgetDue = now + forgetEveryMicros;
    await this.#untilPossible('old slices cannot be applied again', () => this.#rounds.forgetSpent());
  }

  async #tellProgress(): Promise<void> {
    const { clock, workerName } = this.#parts;
    const now = clock.nowMicros();
    if (now < this.#progressDue) return;
    this.#progressDue = now + progressEveryMicros;
    await this.#publish(this.#state.progress(workerName, now, this.#lot.tables()));
  }

  #untilPossible(what: string, work: () => Promise<void>): Promise<void> {
    return untilPossible(what, work, { ...this.#parts, signal: this.#signal });
  }
}
