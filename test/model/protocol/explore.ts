import {
  answersOf,
  type Decision,
  type History,
  type Op,
  type Rules,
  type State,
  sourceRow,
  type Write,
} from './protocol.ts';
import { firstState, isEverythingApplied, type Misfortunes, nextStates } from './steps.ts';

export interface Exploration {
  readonly histories: number;
  readonly states: number;
  readonly ends: number;
  /** The first history and end at which the two sides differ. */
  readonly counterexample: { readonly history: History; readonly end: State } | undefined;
}

/**
 * Every state that any order of steps leads to, of each history; stops at the first end that differs. With `looksEarly` a state
 * before the drain must be equal too, where everything is applied and the slices were gone over after the snapshot: what
 * validation sees. That cannot be asked for where a dead worker may still write.
 */
export function explore(
  histories: Iterable<History>,
  misfortunes: Misfortunes,
  rules: Rules,
  { looksEarly = false } = {},
): Exploration {
  const sums = { histories: 0, states: 0, ends: 0 };
  for (const history of histories) {
    sums.histories++;
    const model = { history, rules, answers: answersOf(history, rules) };
    const seen = new Set<string>();
    const open = [firstState(history, misfortunes)];
    for (let state = open.pop(); state; state = open.pop()) {
      sums.states++;
      const next = state.isDrained ? [] : nextStates(state, model);
      if (next.length === 0) sums.ends++;
      const isWrong =
        next.length === 0
          ? !(state.isDrained && isEqual(state, history))
          : looksEarly && isSettled(state, history) && !isEqual(state, history);
      if (isWrong) return { ...sums, counterexample: { history, end: state } };
      for (const after of next) {
        const text = textOf(after);
        if (seen.has(text)) continue;
        seen.add(text);
        open.push(after);
      }
    }
  }
  return { ...sums, counterexample: undefined };
}

function isEqual(state: State, history: History): boolean {
  return ([0, 1] as const).every((key) => state.target[key]?.op === sourceRow(state.arrived, key, history));
}

function isSettled(state: State, history: History): boolean {
  const areSlicesDone = state.isReapplied || state.journal.length === 0;
  return state.snapshot === 'done' && areSlicesDone && isEverythingApplied(state, history);
}

/** Equal for states that are equal: a character a number. */
function textOf(state: State): string {
  const { hands, snapshot, target, topic, journal, recent, sent } = state;
  const flags = Number(state.isReapplied) + 2 * Number(state.isDrained) + 4 * Number(state.hasLeapt);
  const codes = [state.arrived, state.acknowledged, state.reads, state.crashesLeft, state.leapsLeft, flags];
  codes.push(topic.length, ...topic);
  for (const decision of recent) codes.push(decisionCode(decision));
  codes.push(journal.length);
  for (const { op, decision } of journal) codes.push(op, decisionCode(decision));
  codes.push(hands.length);
  for (const hand of hands) {
    codes.push(todoCodes[hand.todo], hand.op, decisionCode(hand.decision));
    addWrites(codes, hand.writes);
  }
  codes.push(snapshot === 'to read' ? 0 : snapshot === 'done' ? 1 : 2);
  if (typeof snapshot === 'object') {
    codes.push(snapshot.stamp + offset);
    addWrites(codes, snapshot.writes);
  }
  for (const cell of target) codes.push(cell ? cell.stamp + offset : 0, cell?.op ?? 9);
  addWrites(codes, sent);
  return String.fromCharCode(...codes);
}

const todoCodes = { look: 1, write: 2, acknowledge: 3 } as const;
/** Makes every stamp of the model positive. */
const offset = 10_000;

function decisionCode(decision: Decision | undefined): number {
  return decision === undefined ? 0 : decision === 'apply' ? 1 : 2;
}

function addWrites(codes: number[], writes: readonly Write[]): void {
  codes.push(writes.length);
  for (const { key, stamp, op } of writes) codes.push(key, stamp + offset, op ?? 9);
}

const allOps: readonly Op[] = [
  { kind: 'put', key: 0 },
  { kind: 'delete', key: 0 },
  { kind: 'put', key: 1 },
  { kind: 'delete', key: 1 },
  { kind: 'clear' },
];

/** Every sequence of `count` ops, of every age and every arrival; of two that differ by the names of the rows, one. */
export function* histories(count: number): Iterable<History> {
  for (const ops of sequences(count)) {
    const firstKey = ops.find((op) => op.kind !== 'clear');
    if (firstKey && 'key' in firstKey && firstKey.key === 1) continue;
    for (let oldOps = 0; oldOps <= count; oldOps++)
      for (let arrivedBefore = 0; arrivedBefore < 1 << oldOps; arrivedBefore++) yield { ops, oldOps, arrivedBefore };
  }
}

function* sequences(count: number): Iterable<readonly Op[]> {
  if (count === 0) yield [];
  else for (const before of sequences(count - 1)) for (const op of allOps) yield [...before, op];
}
