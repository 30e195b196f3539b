import type { PhaseName } from '../model/phase.ts';
import type { CopiedSplit, Split } from '../model/split.ts';
import type {
  CaptureRecord,
  CutoverRecord,
  DoubtfulSlice,
  HandOverRecord,
  LedgerEvent,
  RepairRecord,
  ValidationRecord,
} from './ledger-event.ts';
import { isBeforeHandOver, slicesOfHole } from './slices-of-hole.ts';

/** What is known of a migration: the fold of its ledger. */
export interface MigrationState {
  readonly planDigest: string | undefined;
  readonly phases: ReadonlyMap<PhaseName, PhaseState>;
  readonly capture: CaptureRecord | undefined;
  readonly handOver: HandOverRecord | undefined;
  readonly splits: ReadonlyMap<string, Split>;
  readonly copied: ReadonlyMap<string, CopiedSplit>;
  readonly sinkAllowed: boolean;
  readonly lastValidation: ValidationRecord | undefined;
  /** The newest validation of all tables and the whole ring. */
  readonly lastFullValidation: ValidationRecord | undefined;
  /** The newest repair, and when. */
  readonly lastRepair: (RepairRecord & { readonly atMicros: bigint }) | undefined;
  readonly openSlices: ReadonlyMap<string, DoubtfulSlice>;
  /** Ids; a worker that reads the schema topic again opens what was settled long ago. */
  readonly settledSlices: ReadonlySet<string>;
  readonly drain: DrainState | undefined;
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

export const emptyState: MigrationState = {
  planDigest: undefined,
  phases: new Map(),
  capture: undefined,
  handOver: undefined,
  splits: new Map(),
  copied: new Map(),
  sinkAllowed: false,
  lastValidation: undefined,
  lastFullValidation: undefined,
  lastRepair: undefined,
  openSlices: new Map(),
  settledSlices: new Set(),
  drain: undefined,
  cutover: undefined,
};

export function foldLedger(events: Iterable<LedgerEvent>): MigrationState {
  let state = emptyState;
  for (const event of events) state = applyLedgerEvent(state, event);
  return state;
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
      return { ...state, capture: event.capture };
    case 'handed-over':
      // The first hand-over stands: what was captured since is kept, so a later one would only forget.
      return handedOver(state, state.handOver ?? event.record);
    case 'splits-planned':
      return {
        ...state,
        splits: new Map([...state.splits, ...event.splits.map((split) => [split.id, split] as const)]),
      };
    case 'split-copied':
      return { ...state, copied: new Map(state.copied).set(event.copied.split.id, event.copied) };
    case 'sink-allowed':
      return { ...state, sinkAllowed: true };
    case 'validated':
      return withValidation(state, event.validation);
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
    case 'drain-asked':
      return { ...state, drain: { nonce: event.nonce, confirmedAtMicros: undefined } };
    case 'drained':
      return state.drain?.nonce === event.nonce
        ? { ...state, drain: { nonce: event.nonce, confirmedAtMicros: event.atMicros } }
        : state;
    case 'cut-over':
      return { ...state, cutover: event.record };
  }
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
  if (state.settledSlices.has(slice.id)) return state;
  return { ...state, openSlices: new Map(state.openSlices).set(slice.id, slice) };
}

function withValidation(state: MigrationState, validation: ValidationRecord): MigrationState {
  return {
    ...state,
    lastValidation: validation,
    lastFullValidation: validation.isFull ? validation : state.lastFullValidation,
  };
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
