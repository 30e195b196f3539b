import {
  decideChange,
  floorOf,
  isFloorSpent,
  keyspacesWindow,
  mayDropCopy,
  recopyTimestamp,
} from '../../../src/model/write-timestamp.ts';

/**
 * The protocol between source, topic, sink, snapshot and target, small enough to be searched to its end. What is decided
 * is decided by the real functions of write-timestamp.ts; around them the model abstracts:
 *
 * - A table of one partition with two rows of one cell each. A write puts a row, deletes a row or deletes the partition.
 * - One replica. A write reaches it, and its log, at any time after its timestamp, in any order: a late hint is a write of
 *   before the hand-over that arrives after it.
 * - One split, one changes partition, one sink. Its batch is one message; a batch of many is many with one crash. Of two
 *   batches at once the second is begun before the first has ended, and acknowledged after it.
 * - A step is what a crash can come between: a read, a write, an acknowledgement, a journal entry, a report.
 * - Time passes with reads of the source, and at most once by 45 hours at a stroke.
 * - The agent publishes as the log grows; having crashed it publishes its last record again, later.
 * - A crash takes all that is not on a topic, in the source or in the target. A write that the dead worker had sent may
 *   still be done, at any later time, or never.
 *
 * Left out: expiry, markers, lists, statics, ties, several workers' clocks, and targets that refuse a write.
 */
export type Op = { readonly kind: 'put' | 'delete'; readonly key: 0 | 1 } | { readonly kind: 'clear' };

export interface History {
  readonly ops: readonly Op[];
  /** So many of them, the first ones, were written before the hand-over. */
  readonly oldOps: number;
  /** Of the old ones, those that had reached the source by then; a bit each. */
  readonly arrivedBefore: number;
}

/** Rules that may be broken, to see that the search finds it. */
export interface Rules {
  readonly snapshotStamp: (readAtMicros: bigint) => bigint;
  readonly recopyStamp: (readAtMicros: bigint, opMicros: bigint) => bigint;
  readonly decide: typeof decideChange;
  readonly mayDrop: typeof mayDropCopy;
  readonly acknowledgesFirst: boolean;
  readonly journals: boolean;
  readonly appliesSlicesAgain: boolean;
  readonly dropsCovered: boolean;
  /** Whether the subscription stands at the earliest position from the hand-over on. */
  readonly subscribesBefore: boolean;
  readonly recopiesAbsence: boolean;
  readonly batchesAtOnce: 1 | 2;
  /** Whether the delete of a partition looks at the target only when the batch before has been written. */
  readonly slicesWait: boolean;
}

export const window = keyspacesWindow;

export const realRules: Rules = {
  snapshotStamp: (readAtMicros) => floorOf(readAtMicros, window),
  recopyStamp: (readAtMicros) => recopyTimestamp(readAtMicros, undefined, window),
  decide: decideChange,
  mayDrop: mayDropCopy,
  acknowledgesFirst: false,
  journals: true,
  appliesSlicesAgain: true,
  dropsCovered: true,
  subscribesBefore: true,
  recopiesAbsence: true,
  batchesAtOnce: 1,
  slicesWait: true,
};

export type Decision = ReturnType<typeof decideChange>;

/** What a row of the target holds. */
export interface Cell {
  readonly stamp: number;
  /** The op that put it; undefined: deleted. */
  readonly op: number | undefined;
}

export interface Write extends Cell {
  readonly key: 0 | 1;
}

/** What the sink has in hand, until it is acknowledged. */
export interface Hand {
  readonly op: number;
  readonly decision: Decision;
  readonly todo: 'look' | 'write' | 'acknowledge';
  readonly writes: readonly Write[];
}

export interface State {
  /** Ops that the source has; a bit each. */
  readonly arrived: number;
  readonly topic: readonly number[];
  readonly acknowledged: number;
  /** In the order of the topic. */
  readonly hands: readonly Hand[];
  /** What was decided for the first copy of an op, also of one in hand; forgotten in a crash. */
  readonly recent: readonly (Decision | undefined)[];
  readonly journal: readonly { readonly op: number; readonly decision: Decision }[];
  readonly snapshot: 'to read' | 'done' | { readonly stamp: number; readonly writes: readonly Write[] };
  readonly target: readonly [Cell | undefined, Cell | undefined];
  /** Sent by workers that are dead; may be done at any time, or never. */
  readonly sent: readonly Write[];
  /** The sink has seen that the snapshot is done and has gone over its slices. */
  readonly isReapplied: boolean;
  readonly isDrained: boolean;
  /** Reads so far: stamps of what was read differ by them. */
  readonly reads: number;
  readonly crashesLeft: number;
  readonly leapsLeft: number;
  readonly hasLeapt: boolean;
}

/** Instants and stamps are whole minutes since the hand-over; the real functions are asked in microseconds. */
const minute = 60_000_000n;
const handOverMicros = 1_000_000_000_000_000n;
const leapMinutes = 45 * 60;

function nowOf({ reads, hasLeapt }: Pick<State, 'reads' | 'hasLeapt'>): number {
  return 2 * (10 + reads) + (hasLeapt ? leapMinutes : 0);
}

export function stampOf(op: number, { oldOps }: History): number {
  return 2 * (op < oldOps ? op - oldOps : op + 1);
}

export function keysOf(op: Op): readonly (0 | 1)[] {
  return op.kind === 'clear' ? [0, 1] : [op.key];
}

/** The op whose word counts for a row of the source; undefined where it holds none. */
export function sourceRow(arrived: number, key: 0 | 1, { ops }: History): number | undefined {
  for (let op = ops.length - 1; op >= 0; op--) {
    const { kind } = ops[op]!;
    if (!(arrived & (1 << op)) || !keysOf(ops[op]!).includes(key)) continue;
    return kind === 'put' ? op : undefined;
  }
  return undefined;
}

/** The answers of the real functions, asked once each. */
export interface Answers {
  decide(op: number, state: State): Decision;
  snapshotStamp(state: State): number;
  recopyStamp(op: number, state: State): number;
  isSpent(stamp: number, state: State): boolean;
}

export function answersOf(history: History, rules: Rules): Answers {
  const once = <T>(ask: (a: number, now: number) => T) => {
    const known = new Map<number, T>();
    return (a: number, state: State): T => {
      const now = nowOf(state);
      const key = a * 10_000 + now;
      const answer = known.get(key) ?? ask(a, now);
      known.set(key, answer);
      return answer;
    };
  };
  const decide = once((op, now) => {
    const micros = microsAt(stampOf(op, history));
    return rules.decide({
      handOverMicros,
      nowMicros: microsAt(now),
      window,
      oldestMicros: micros,
      newestMicros: micros,
    });
  });
  const snapshotStamp = once((_, now) => minutesAt(rules.snapshotStamp(microsAt(now))));
  return {
    decide,
    snapshotStamp: (state) => snapshotStamp(0, state),
    recopyStamp: once((op, now) => minutesAt(rules.recopyStamp(microsAt(now), microsAt(stampOf(op, history))))),
    isSpent: once((stamp, now) => isFloorSpent(microsAt(stamp), microsAt(now), window)),
  };
}

function microsAt(minutes: number): bigint {
  return handOverMicros + BigInt(minutes) * minute;
}

function minutesAt(micros: bigint): number {
  return Number((micros - handOverMicros) / minute);
}
