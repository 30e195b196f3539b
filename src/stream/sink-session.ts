import type { Report } from '../events.ts';
import type { DrainMarkEvent } from '../model/change-event.ts';
import type { Lane } from '../model/lane.ts';
import type { Message, Position, Subscription } from '../ports/message-bus.ts';
import { BatchLine } from './batch-line.ts';
import { ChangeTaker } from './change-taker.ts';
import { ConnectorPulses } from './connector-pulses.ts';
import { type FinishedBatch, joinBatches, type Mark, marksIn } from './finished-batch.ts';
import { LaneClock } from './lane-clock.ts';
import { countLatencies } from './latency.ts';
import type { Pulses } from './node-pulses.ts';
import { ParkingLot } from './parking-lot.ts';
import { PartitionState } from './partition-state.ts';
import { receiveBatch } from './receive-batch.ts';
import { ParkedReplay } from './replay-parked.ts';
import { reportedLetters } from './reported-letters.ts';
import { type SinkBounds, sinkBounds } from './sink-bounds.ts';
import type { PublishProgress, SinkParts } from './sink-parts.ts';
import { SliceKeeper } from './slice-keeper.ts';
import { SliceRounds } from './slice-rounds.ts';
import { calmReport, untilPossible } from './until-possible.ts';

const longestIdleMs = 500;
const housekeepingEveryMs = 500;
const progressEveryMicros = 1_000_000n;
const forgetEveryMicros = 60_000_000n;
const lookAtParkedEveryMicros = 1_000_000n;

/**
 * One stretch of time in which this worker holds one changes partition. It begins by reading the slice journal and the
 * parked topic, and ends when `signal` aborts, or with a
 * PartitionMovedError: nothing that it had not acknowledged is remembered, for whoever is next is
 * given it again.
 */
export async function runSinkSession(
  partition: number,
  subscription: Subscription,
  publish: PublishProgress,
  parts: SinkParts,
  signal: AbortSignal,
): Promise<void> {
  const keeper = await SliceKeeper.open(parts, partition, signal);
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
  readonly #report: Report;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #state: PartitionState;
  readonly #taker: ChangeTaker;
  readonly #replay: ParkedReplay;
  readonly #rounds: SliceRounds;
  readonly #clock: LaneClock | undefined;
  readonly #bounds: SinkBounds;
  readonly #line: BatchLine<FinishedBatch>;
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
    // Many batches may wait for the same thing.
    this.#report = calmReport(parts);
    this.#signal = AbortSignal.any([signal, this.#failed.signal]);
    this.#bounds = sinkBounds(parts.lanes.length);
    this.#state = new PartitionState(partition, parts.clock.nowMicros());
    const lane = parts.lanes[partition]!;
    this.#taker = new ChangeTaker(parts, { lane, keeper, lot, signal: this.#signal });
    this.#clock = laneClock(lane, parts, this.#signal);
    this.#rounds = new SliceRounds(keeper, parts, this.#signal);
    const deadLetters = reportedLetters(parts);
    this.#replay = new ParkedReplay({ ...parts, lot, deadLetters, apply: this.#taker.applyLate, signal: this.#signal });
    this.#line = new BatchLine({
      bounds: this.#bounds.underWay,
      join: joinBatches,
      finish: (done) => this.#finish(done),
      onFailure: (error) => this.#failed.abort(error),
    });
  }

  async run(): Promise<void> {
    const isOver = new AbortController();
    // Not waited for: a broker that is away would keep the session from ending.
    void this.#keepTelling(AbortSignal.any([this.#signal, isOver.signal]));
    const fail = (error: unknown) => this.#failed.abort(error);
    try {
      await Promise.all([this.#takeBatches().catch(fail), this.#keepHouse().catch(fail)]);
    } finally {
      isOver.abort();
      await this.#line.ended();
      await this.#replay.close();
    }
    if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
  }

  async #takeBatches(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#line.untilRoom(this.#signal);
      const messages = await receiveBatch(this.#subscription, this.#bounds, longestIdleMs, this.#signal);
      if (messages.length === 0) {
        if (this.#line.isEmpty) await this.#passPulses();
        continue;
      }
      let changes = await this.#untilPossible('changes cannot be read', () => this.#taker.prepare(messages));
      const weight = { messages: messages.length, bytes: bytesOf(messages) };
      const ends = { position: messages.at(-1)!.position, marks: marksIn(messages) };
      this.#line.begin(weight, async () => {
        const { books, latenciesMs } = await this.#untilPossible('changes cannot be applied', async () => {
          changes = await this.#taker.admitAgain(changes);
          return this.#taker.apply(changes);
        });
        return { ...ends, books, latency: countLatencies(latenciesMs) };
      });
    }
  }

  /** What is done beside the stream; in whatever order with its batches. */
  async #keepHouse(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#untilPossible('slices cannot be applied again', () => this.#rounds.underCopiedRanges());
      await this.#untilPossible('parked changes cannot be replayed', () => this.#replayParked());
      await this.#forgetWhenDue();
      await this.#untilPossible('progress cannot be told', () => this.#tellProgress());
      if (!this.#replay.isBusy) await this.#parts.clock.sleep(housekeepingEveryMs, this.#signal);
    }
  }

  /** Also while that is busy: what a slow target holds up must not make its worker look dead. */
  async #keepTelling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(Number(progressEveryMicros / 1000n), signal).catch(() => {});
      // What could not be told now is told a second later, or by the loop above, which waits until it can.
      if (!signal.aborted) await this.#tellProgress().catch(() => {});
    }
  }

  /** Batches that are done, and all before them. */
  async #finish({ position, marks, books, latency }: FinishedBatch): Promise<void> {
    await this.#untilPossible('changes cannot be acknowledged', () => this.#subscription.acknowledgeUpTo(position));
    this.#state.passBatch(books, latency, this.#parts.clock.nowMicros());
    this.#parts.report({
      kind: 'batch-applied',
      partition: this.#partition,
      changes: books.received,
      duplicates: books.duplicates,
      recopies: books.recopied,
    });
    await this.#untilPossible('the drain cannot be ended', () => this.#passMarks(marks));
    await this.#passPulses(position);
  }

  /** Marks count only now: everything before them is acknowledged. */
  async #passMarks(marks: readonly Mark[]): Promise<void> {
    for (const mark of marks) {
      if (mark.kind === 'watermark') this.#state.passWatermark(mark);
      else await this.#passDrainMark(mark);
    }
  }

  /** Of a lane without marks: what all nodes have told of elsewhere, once this lane's end of then is acknowledged. */
  async #passPulses(acknowledged?: Position): Promise<void> {
    const clock = this.#clock;
    if (clock === undefined) return;
    await this.#untilPossible('the place in the stream cannot be found', async () =>
      this.#passed(await clock.pass(acknowledged)),
    );
  }

  async #passed(passed: Pulses | undefined): Promise<void> {
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
    if (this.#replay.isBusy) return;
    await this.#rounds.ofResumedTables();
    await this.#lot.end(this.#signal);
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

  #untilPossible<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#parts;
    return untilPossible(what, work, { clock, report: this.#report, signal: this.#signal });
  }
}

/** Undefined where our own agents mark the lane themselves. */
function laneClock({ topic, connector }: Lane, parts: SinkParts, signal: AbortSignal): LaneClock | undefined {
  if (!parts.pulses) return undefined;
  const pulses = connector ? new ConnectorPulses({ ...parts, pulses: parts.pulses, connector, signal }) : parts.pulses;
  return new LaneClock({ bus: parts.bus, pulses, topic, signal });
}

function bytesOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { payload }) => sum + payload.length, 0);
}
