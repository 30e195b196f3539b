import {
  type Answers,
  type Cell,
  type Hand,
  type History,
  keysOf,
  type Rules,
  type State,
  sourceRow,
  stampOf,
  type Write,
} from './protocol.ts';

export interface Model {
  readonly history: History;
  readonly rules: Rules;
  readonly answers: Answers;
}

export interface Misfortunes {
  readonly crashes: number;
  readonly leaps: number;
}

export function firstState({ arrivedBefore, ops }: History, { crashes, leaps }: Misfortunes): State {
  return {
    arrived: arrivedBefore,
    topic: [],
    acknowledged: 0,
    hands: [],
    recent: ops.map(() => undefined),
    journal: [],
    snapshot: 'to read',
    target: [undefined, undefined],
    sent: [],
    isReapplied: false,
    isDrained: false,
    reads: 0,
    crashesLeft: crashes,
    leapsLeft: leaps,
    hasLeapt: false,
  };
}

/**
 * Everything that may happen next. Where a step commutes with all that others can do, only it and the crashes before it are
 * told: an acknowledgement, and a write to a target that nobody reads before the end.
 */
export function nextStates(state: State, model: Model): readonly State[] {
  const alone = sinksOwnStep(state, model) ?? snapshotsOwnStep(state, model);
  if (alone) return [alone, ...crashes(state)];
  return [
    ...arrivals(state, model),
    ...sinking(state, model),
    ...snapshotting(state, model),
    ...reapplying(state, model),
    ...lateWrites(state),
    ...(state.leapsLeft > 0 && !state.isDrained ? [{ ...state, leapsLeft: state.leapsLeft - 1, hasLeapt: true }] : []),
    ...crashes(state),
  ];
}

function sinksOwnStep(state: State, model: Model): State | undefined {
  const { hands } = state;
  if (hands[0]?.todo === 'acknowledge') return handOn(state, 0, model);
  const writing = isTargetRead(model.history) ? -1 : hands.findIndex(({ todo }) => todo === 'write');
  return writing < 0 ? undefined : handOn(state, writing, model);
}

function snapshotsOwnStep(state: State, { history, answers }: Model): State | undefined {
  const { snapshot } = state;
  if (typeof snapshot !== 'object' || isTargetRead(history) || answers.isSpent(snapshot.stamp, state)) return undefined;
  return snapshotOn(state, snapshot);
}

/** Only the delete of a partition looks at what the target has. */
function isTargetRead({ ops }: History): boolean {
  return ops.some(({ kind }) => kind === 'clear');
}

function arrivals(state: State, { history: { ops }, rules }: Model): readonly State[] {
  return ops.flatMap((_, op) => {
    if (state.arrived & (1 << op)) return [];
    // A subscription that is made when the sink starts misses what came while the snapshot was copied.
    const isSeen = rules.subscribesBefore || state.snapshot === 'done';
    const topic = isSeen ? [...state.topic, op] : state.topic;
    return [{ ...state, arrived: state.arrived | (1 << op), topic }];
  });
}

function sinking(state: State, model: Model): readonly State[] {
  const { hands, topic, acknowledged } = state;
  const next = topic[acknowledged + hands.length];
  return [
    ...hands.flatMap((_, at) => (mayGoOn(state, at, model) ? [handOn(state, at, model)] : [])),
    ...(next !== undefined && hands.length < model.rules.batchesAtOnce ? [take(state, next, model)] : []),
  ];
}

function mayGoOn({ hands }: State, at: number, { history, rules }: Model): boolean {
  const { op, todo } = hands[at]!;
  if (todo === 'acknowledge') return at === 0;
  const isLooking = todo === 'look' && history.ops[op]!.kind === 'clear';
  return !(isLooking && rules.slicesWait) || hands.slice(0, at).every((earlier) => earlier.todo === 'acknowledge');
}

function take(state: State, op: number, model: Model): State {
  const { history, rules, answers } = model;
  const decision = answers.decide(op, state);
  const first = state.recent[op];
  const inHand = (todo: Hand['todo']): Hand => ({ op, decision, todo, writes: [] });
  if (first && rules.mayDrop({ first, own: decision, isReadAgain: false }))
    return { ...state, hands: [...state.hands, inHand('acknowledge')] };
  const isSlice = history.ops[op]!.kind === 'clear';
  const journal = isSlice && rules.journals ? [...state.journal, { op, decision }] : state.journal;
  const acknowledged = state.acknowledged + (rules.acknowledgesFirst ? 1 : 0);
  const recent = state.recent.with(op, first ?? decision);
  const taken: State = { ...state, acknowledged, recent, journal, hands: [...state.hands, inHand('look')] };
  // What is neither read again nor a slice needs no look at either side.
  return isSlice || decision === 'recopy' ? taken : handOn(taken, state.hands.length, model);
}

function handOn(state: State, at: number, model: Model): State {
  const hand = state.hands[at]!;
  const { op, decision, writes } = hand;
  switch (hand.todo) {
    case 'look': {
      const found = decision === 'apply' ? ownWrites(state, op, model) : recopied(state, op, model);
      const reads = state.reads + (decision === 'recopy' ? 1 : 0);
      const next: Hand = { ...hand, writes: found, todo: found.length > 0 ? 'write' : 'acknowledge' };
      return { ...state, reads, hands: state.hands.with(at, next) };
    }
    case 'write': {
      const left = writes.slice(1);
      const done = written(state, writes[0]!);
      const next: Hand = { ...hand, writes: left, todo: left.length > 0 ? 'write' : 'acknowledge' };
      return { ...done, hands: state.hands.with(at, next) };
    }
    case 'acknowledge': {
      const acknowledged = state.acknowledged + (model.rules.acknowledgesFirst ? 0 : 1);
      return { ...state, acknowledged, hands: state.hands.slice(1) };
    }
  }
}

/** At the op's own time: a row as it says, or each row that the target has under a deleted partition. */
function ownWrites(state: State, op: number, { history, rules }: Model): readonly Write[] {
  const stamp = stampOf(op, history);
  const { kind } = history.ops[op]!;
  if (kind === 'clear') return presentKeys(state).map((key) => ({ key, stamp, op: undefined }));
  if (rules.dropsCovered && isHidden(stamp, state, history)) return [];
  return keysOf(history.ops[op]!).map((key) => ({ key, stamp, op: kind === 'put' ? op : undefined }));
}

function recopied(state: State, op: number, { history, rules, answers }: Model): readonly Write[] {
  const stamp = answers.recopyStamp(op, state);
  if (isHidden(stamp, state, history)) return [];
  return keysOf(history.ops[op]!).flatMap((key) => {
    const found = sourceRow(state.arrived, key, history);
    return found === undefined && !rules.recopiesAbsence ? [] : [{ key, stamp, op: found }];
  });
}

function isHidden(stamp: number, { journal }: State, history: History): boolean {
  return journal.some(({ op, decision }) => decision === 'apply' && stampOf(op, history) >= stamp);
}

function presentKeys({ target }: State): readonly (0 | 1)[] {
  return ([0, 1] as const).filter((key) => target[key]?.op !== undefined);
}

function snapshotting(state: State, { history, answers }: Model): readonly State[] {
  const { snapshot } = state;
  if (snapshot === 'done') return [];
  if (snapshot === 'to read') {
    const stamp = answers.snapshotStamp(state);
    const rows = ([0, 1] as const).map((key) => ({ key, stamp, op: sourceRow(state.arrived, key, history) }));
    const writes = rows.filter(({ op }) => op !== undefined);
    return [{ ...state, snapshot: { stamp, writes }, reads: state.reads + 1 }];
  }
  return answers.isSpent(snapshot.stamp, state) ? [{ ...state, snapshot: 'to read' }] : [snapshotOn(state, snapshot)];
}

function snapshotOn(state: State, snapshot: Extract<State['snapshot'], object>): State {
  const [next, ...writes] = snapshot.writes;
  if (next === undefined) return { ...state, snapshot: 'done' };
  return { ...written(state, next), snapshot: { ...snapshot, writes } };
}

/** The slices once more, when the snapshot is done and at the drain, when all has arrived and is acknowledged. */
function reapplying(state: State, model: Model): readonly State[] {
  const { hands, snapshot, isDrained } = state;
  if (snapshot !== 'done' || isDrained || (hands.length > 0 && model.rules.batchesAtOnce === 1)) return [];
  const isQuiet = isEverythingApplied(state, model.history);
  const again = { ...slicesAgain(state, model), isReapplied: true };
  return [
    ...(state.isReapplied || state.journal.length === 0 ? [] : [again]),
    // A dead worker's writes are past by then, done or not.
    ...(isQuiet ? [{ ...again, isDrained: true, sent: [] }] : []),
  ];
}

export function isEverythingApplied({ arrived, acknowledged, topic, hands }: State, { ops }: History): boolean {
  return hands.length === 0 && arrived === (1 << ops.length) - 1 && acknowledged >= topic.length;
}

function slicesAgain(state: State, model: Model): State {
  const { rules, answers } = model;
  if (!rules.appliesSlicesAgain) return state;
  let after = state;
  for (const { op, decision } of state.journal) {
    const isApplied = decision === 'apply' && answers.decide(op, after) === 'apply';
    const writes = isApplied ? ownWrites(after, op, model) : recopied(after, op, model);
    for (const write of writes) after = written(after, write);
    if (!isApplied) after = { ...after, reads: after.reads + 1 };
  }
  return after;
}

function lateWrites(state: State): readonly State[] {
  return state.sent.map((write, index) => ({ ...written(state, write), sent: state.sent.toSpliced(index, 1) }));
}

/** The sink dies, the snapshot's worker dies, the agent dies and publishes its last record again. */
function crashes(state: State): readonly State[] {
  if (state.crashesLeft === 0 || state.isDrained) return [];
  const after = { ...state, crashesLeft: state.crashesLeft - 1 };
  const { hands, snapshot, topic } = state;
  const sinkDies = (sent: readonly Write[]): State => ({
    ...after,
    hands: [],
    recent: state.recent.map(() => undefined),
    sent: [...state.sent, ...sent],
  });
  const knowsSomething = hands.length > 0 || state.recent.some((decision) => decision !== undefined);
  return [
    ...(knowsSomething ? [sinkDies(hands.flatMap(({ todo, writes }) => (todo === 'write' ? writes : [])))] : []),
    ...(typeof snapshot === 'object'
      ? [{ ...after, snapshot: 'to read' as const, sent: [...state.sent, ...snapshot.writes] }]
      : []),
    ...(topic.length > 0 ? [{ ...after, topic: [...topic, topic.at(-1)!] }] : []),
  ];
}

function written(state: State, { key, stamp, op }: Write): State {
  const there = state.target[key];
  if (there && !wins({ stamp, op }, there)) return state;
  return { ...state, target: state.target.with(key, { stamp, op }) as unknown as State['target'] };
}

/** Cassandra's rule: the later, then the delete, then the greater. */
function wins(cell: Cell, there: Cell): boolean {
  if (cell.stamp !== there.stamp) return cell.stamp > there.stamp;
  if (cell.op === undefined || there.op === undefined) return cell.op === undefined;
  return cell.op > there.op;
}
