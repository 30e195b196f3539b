import { type CopyControl, unlimited } from '../model/copy-control.ts';
import { differingRows, pendingRows } from '../model/difference.ts';
import type { PhaseName } from '../model/phase.ts';
import type { CopiedSplit, Split } from '../model/split.ts';
import type {
  CaptureRecord,
  CountersRecord,
  CutoverRecord,
  DoubtfulSlice,
  HandOverRecord,
  LedgerEvent,
  LetterSettlement,
  RepairRecord,
  SchemaDecision,
  TablePause,
  TargetIds,
  ValidationRecord,
} from './ledger-event.ts';
import { addComparedSplits, beginComparison, type OpenComparison } from './open-comparison.ts';
import { isBeforeHandOver, slicesOfHole } from './slices-of-hole.ts';
import { slicesOfLeavers } from './slices-of-leavers.ts';
import { slicesOfUndo } from './slices-of-undo.ts';

/** What is known of a migration: the fold of its ledger. */
export interface MigrationState {
  readonly planDigest: string | undefined;
  readonly phases: ReadonlyMap<PhaseName, PhaseState>;
  readonly capture: CaptureRecord | undefined;
  readonly handOver: HandOverRecord | undefined;
  readonly splits: ReadonlyMap<string, Split>;
  readonly copied: ReadonlyMap<string, CopiedSplit>;
  readonly copyControl: CopyControl;
  readonly sinkAllowed: boolean;
  readonly lastValidation: ValidationRecord | undefined;
  /** The newest validation of all tables and the whole ring. */
  readonly lastFullValidation: ValidationRecord | undefined;
  /** Another comparison found rows that differ while that one ran, or since: what it had seen equal by then need not be. */
  readonly isFullDisproved: boolean;
  /** What has been seen equal, from a validation of everything on; undefined before the first, and when one differs. */
  readonly proven: ProvenState | undefined;
  /** When the newest comparison was booked that found rows different for certain; 0: none was. */
  readonly disprovedAtMicros: bigint;
  /** The comparison that can go on if it is interrupted. */
  readonly comparison: OpenComparison | undefined;
  /** The newest repair, and when. */
  readonly lastRepair: (RepairRecord & { readonly atMicros: bigint }) | undefined;
  readonly openSlices: ReadonlyMap<string, DoubtfulSlice>;
  /** Ids; a worker that reads the schema topic again opens what was settled long ago. */
  readonly settledSlices: ReadonlySet<string>;
  /** By table: what waits for a decision. */
  readonly pauses: ReadonlyMap<string, TablePause>;
  /** By table. */
  readonly schemaDecisions: ReadonlyMap<string, DecidedSchema>;
  /** By letter. */
  readonly settledLetters: ReadonlyMap<string, SettledLetter>;
  readonly drain: DrainState | undefined;
  readonly counters: CountersState | undefined;
  readonly cutover: CutoverRecord | undefined;
}

interface PhaseState {
  readonly startedAtMicros: bigint;
  /** Undefined while it runs, or when it was interrupted. */
  readonly confirmedAtMicros: bigint | undefined;
  readonly summary: string;
  readonly by: string;
}

interface DrainState {
  readonly nonce: string;
  readonly confirmedAtMicros: bigint | undefined;
}

/** Everything was seen equal once, and what changed since then was seen equal again. */
export interface ProvenState {
  /** When the validation of everything began. */
  readonly fullAtMicros: bigint;
  /** When the newest validation of this chain began. */
  readonly lookedAtMicros: bigint;
  /** Changes published from here on, and only they, may have made a row different since. */
  readonly fromMicros: bigint;
  /** Of the newest validation of this chain. */
  readonly targetIds?: TargetIds;
}

interface CountersState {
  /** Of the drain after which they are, or were, copied. */
  readonly drainNonce: string;
  /** Undefined while they are being copied, or when that was interrupted: some may be on their way still. */
  readonly copied: CountersRecord | undefined;
}

/** The last decision about a table. */
interface DecidedSchema {
  readonly decision: SchemaDecision;
  readonly atMicros: bigint;
  /** How many there were, this one included. */
  readonly count: number;
}

interface SettledLetter extends Pick<LetterSettlement, 'how' | 'reason'> {
  readonly attempts: number;
}

export const emptyState: MigrationState = {
  planDigest: undefined,
  phases: new Map(),
  capture: undefined,
  handOver: undefined,
  splits: new Map(),
  copied: new Map(),
  copyControl: unlimited,
  sinkAllowed: false,
  lastValidation: undefined,
  lastFullValidation: undefined,
  isFullDisproved: false,
  proven: undefined,
  disprovedAtMicros: 0n,
  comparison: undefined,
  lastRepair: undefined,
  openSlices: new Map(),
  settledSlices: new Set(),
  pauses: new Map(),
  schemaDecisions: new Map(),
  settledLetters: new Map(),
  drain: undefined,
  counters: undefined,
  cutover: undefined,
};

export function foldLedger(events: Iterable<LedgerEvent>): MigrationState {
  let state = emptyState;
  for (const event of events) state = applyLedgerEvent(state, event);
  return state;
}

/** The first books of a split stand: its rest is planned by them, and a second copy of the split adds nothing to them. */
function splitCopied(state: MigrationState, copied: CopiedSplit): MigrationState {
  if (state.copied.has(copied.split.id)) return state;
  const { rest } = copied;
  return {
    ...state,
    copied: new Map(state.copied).set(copied.split.id, copied),
    splits: rest ? new Map(state.splits).set(rest.id, rest) : state.splits,
  };
}

/** The same event twice gives the same state as once: an append that was retried does no harm. */
export function applyLedgerEvent(state: MigrationState, event: LedgerEvent): MigrationState {
  switch (event.kind) {
    case 'planned':
      return { ...state, planDigest: event.digest };
    case 'phase-started':
      return { ...state, planDigest: event.planDigest, phases: startPhase(state, event) };
    case 'phase-confirmed':
      return { ...state, phases: confirmPhase(state, event) };
    case 'capture-prepared':
      return capturePrepared(state, event);
    case 'handed-over':
      // The first hand-over stands: what was captured since is kept, so a later one would only forget.
      return handedOver(state, state.handOver ?? event.record);
    case 'splits-planned':
      return {
        ...state,
        splits: new Map([...state.splits, ...event.splits.map((split) => [split.id, split] as const)]),
      };
    case 'split-copied':
      return splitCopied(state, event.copied);
    case 'copy-controlled':
      return { ...state, copyControl: event.control };
    case 'sink-allowed':
      return { ...state, sinkAllowed: true };
    case 'comparison-begun':
      return { ...state, comparison: beginComparison(state.comparison, event.begun, state.disprovedAtMicros) };
    case 'splits-compared':
      return { ...state, comparison: addComparedSplits(state.comparison, event.comparison, event.splits) };
    case 'validated':
      return withValidation(state, event);
    case 'repaired':
      return { ...state, lastRepair: { ...event.repair, atMicros: event.atMicros } };
    case 'capture-hole':
      return slicesOfHole(event.hole, state, event.atMicros).reduce(openSlice, state);
    case 'slice-opened':
      return openSlice(state, event.slice);
    case 'slice-settled':
      return {
        ...state,
        openSlices: without(state.openSlices, event.id),
        settledSlices: new Set(state.settledSlices).add(event.id),
      };
    case 'table-paused':
      if (event.pause.decisionsKnown !== decisionsOf(state, event.pause.table)) return state;
      return { ...state, pauses: new Map(state.pauses).set(event.pause.table, event.pause) };
    case 'table-resumed':
      return { ...state, pauses: without(state.pauses, event.table) };
    case 'schema-decided':
      return withDecision(state, event);
    case 'letters-settled':
      return { ...state, settledLetters: settleLetters(state.settledLetters, event.settlement) };
    case 'drain-asked':
      return { ...state, drain: { nonce: event.nonce, confirmedAtMicros: undefined } };
    case 'drained':
      return state.drain?.nonce === event.nonce
        ? { ...state, drain: { nonce: event.nonce, confirmedAtMicros: event.atMicros } }
        : state;
    case 'counters-begun':
      return { ...state, counters: { drainNonce: event.drainNonce, copied: undefined } };
    case 'counters-copied':
      return { ...state, counters: { drainNonce: event.counters.drainNonce, copied: event.counters } };
    case 'cut-over':
      return { ...state, comparison: undefined, cutover: event.record };
  }
}

/** Before the hand-over an undone deploy-agent was as good as never run; after it the migration goes on, with a hole. */
function capturePrepared(
  before: MigrationState,
  { capture, atMicros }: LedgerEvent & { kind: 'capture-prepared' },
): MigrationState {
  const inDoubt = [...slicesOfLeavers(capture, before, atMicros), ...slicesOfUndo(capture, before, atMicros)];
  const state = inDoubt.reduce(openSlice, before);
  const isTakenBack = capture.isUndone && state.handOver === undefined;
  return { ...state, capture, phases: isTakenBack ? without(state.phases, 'deploy-agent') : state.phases };
}

function startPhase(state: MigrationState, event: LedgerEvent & { kind: 'phase-started' }): MigrationState['phases'] {
  const before = state.phases.get(event.phase);
  return new Map(state.phases).set(event.phase, {
    startedAtMicros: event.atMicros,
    confirmedAtMicros: before?.confirmedAtMicros,
    summary: before?.summary ?? '',
    by: event.by,
  });
}

function confirmPhase(
  state: MigrationState,
  event: LedgerEvent & { kind: 'phase-confirmed' },
): MigrationState['phases'] {
  const before = state.phases.get(event.phase);
  return new Map(state.phases).set(event.phase, {
    startedAtMicros: before?.startedAtMicros ?? event.atMicros,
    confirmedAtMicros: event.atMicros,
    summary: event.summary,
    by: event.by,
  });
}

function handedOver(state: MigrationState, handOver: HandOverRecord): MigrationState {
  const open = [...state.openSlices].filter(([, { hole }]) => hole === undefined || !isBeforeHandOver(hole, handOver));
  return { ...state, handOver, openSlices: new Map(open) };
}

function openSlice(state: MigrationState, slice: DoubtfulSlice): MigrationState {
  if (state.settledSlices.has(slice.id) || hasLeft(state, slice.table)) return state;
  return { ...state, openSlices: new Map(state.openSlices).set(slice.id, slice) };
}

function withValidation(
  state: MigrationState,
  { validation, atMicros }: LedgerEvent & { kind: 'validated' },
): MigrationState {
  const isDisproof = disproves(validation);
  const isDifferent = differingRows(validation.tables) > 0;
  const isEnded = isDisproof || validation.comparison === state.comparison?.begun.id;
  return {
    ...state,
    // Also what differs among rows that changed: a comparison that saw them equal before must not prove that they are.
    disprovedAtMicros: isDifferent ? atMicros : state.disprovedAtMicros,
    comparison: isEnded ? undefined : state.comparison,
    lastValidation: validation,
    lastFullValidation: validation.isFull ? validation : state.lastFullValidation,
    isFullDisproved: validation.isFull ? isDisprovedBeside(validation, state) : state.isFullDisproved || isDifferent,
    proven: provenBy(validation, state),
  };
}

/** Rows differ although nothing names them: somebody else wrote to the target, or changes were missed. */
function disproves({ tables, sinceMicros }: ValidationRecord): boolean {
  return differingRows(tables) > 0 && sinceMicros === undefined;
}

/** By a comparison that was booked since this one began. */
function isDisprovedBeside({ disproofKnownMicros }: ValidationRecord, { disprovedAtMicros }: MigrationState): boolean {
  return disproofKnownMicros !== undefined && disproofKnownMicros !== disprovedAtMicros;
}

/**
 * A change that the target had not taken yet when a row was read may reach it afterwards: hence the stream's time, not
 * the clock's. What differs among rows that changed is compared again the next time, for `fromMicros` stays; rows that
 * differ although nothing names them disprove everything, also what a comparison that runs beside has seen equal before.
 */
function provenBy(validation: ValidationRecord, state: MigrationState): ProvenState | undefined {
  const { isFull, sinceMicros, startedAtMicros, streamTimeMicros, tables, targetIds } = validation;
  if (disproves(validation)) return undefined;
  const { proven: before } = state;
  if (isDisprovedBeside(validation, state)) return before;
  const isClean = differingRows(tables) === 0 && pendingRows(tables) === 0;
  if (!isClean) return before && { ...before, lookedAtMicros: before.fullAtMicros };
  if (streamTimeMicros === undefined) return before;
  const fromMicros = streamTimeMicros < startedAtMicros ? streamTimeMicros : startedAtMicros;
  const looked = { lookedAtMicros: startedAtMicros, fromMicros, ...(targetIds && { targetIds }) };
  if (isFull) return { fullAtMicros: startedAtMicros, ...looked };
  const isNext = before !== undefined && sinceMicros !== undefined && sinceMicros <= before.fromMicros;
  return isNext ? { ...before, ...looked } : before;
}

export function decisionsOf({ schemaDecisions }: MigrationState, table: string): number {
  return schemaDecisions.get(table)?.count ?? 0;
}

function withDecision(
  state: MigrationState,
  { decision, atMicros }: LedgerEvent & { kind: 'schema-decided' },
): MigrationState {
  const { table } = decision;
  // For good: its changes were let go and its slices in doubt forgotten, so who was still altering the target comes too late.
  if (hasLeft(state, table)) return state;
  const decided = { decision, atMicros, count: decisionsOf(state, table) + 1 };
  // Nobody compares a table that has left, so nothing could settle its slices.
  const openSlices =
    decision.action === 'stop' ? [...state.openSlices].filter(([, slice]) => slice.table !== table) : state.openSlices;
  return {
    ...state,
    comparison: undefined,
    openSlices: new Map(openSlices),
    pauses: without(state.pauses, table),
    schemaDecisions: new Map(state.schemaDecisions).set(table, decided),
  };
}

/** It was stopped, which is for good. */
export function hasLeft({ schemaDecisions }: Pick<MigrationState, 'schemaDecisions'>, table: string): boolean {
  return schemaDecisions.get(table)?.decision.action === 'stop';
}

function settleLetters(
  settled: MigrationState['settledLetters'],
  { how, reason, letters }: LetterSettlement,
): MigrationState['settledLetters'] {
  return new Map([...settled, ...letters.map(({ id, attempts }) => [id, { how, reason, attempts }] as const)]);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
