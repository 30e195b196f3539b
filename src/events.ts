import type { Fill, FillLevel } from './model/agent-state.ts';
import type { PhaseName } from './model/phase.ts';

export interface Books {
  readonly read: bigint;
  readonly written: bigint;
  readonly superseded: bigint;
  readonly deadLettered: bigint;
}

/** Everything that can be reported while something runs. Rooms report; only ui/ shows. Instants are microseconds since 1970. */
export type ProgressEvent =
  | { readonly kind: 'phase-started'; readonly phase: PhaseName; readonly steps: readonly string[] }
  | { readonly kind: 'phase-finished'; readonly phase: PhaseName; readonly seconds: number; readonly summary: string }
  | { readonly kind: 'planned-step'; readonly phase: PhaseName; readonly step: string }
  | { readonly kind: 'step-started'; readonly phase: PhaseName; readonly step: string }
  | { readonly kind: 'step-finished'; readonly phase: PhaseName; readonly step: string; readonly note?: string }
  | { readonly kind: 'check-passed'; readonly check: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** Why nothing happens just now. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** Something done to a node, or a line of one of its files that changes. */
  | { readonly kind: 'node-step'; readonly node: string; readonly text: string }
  | { readonly kind: 'agent-started'; readonly node: string; readonly wasRunning: boolean }
  | { readonly kind: 'canary-seen'; readonly node: string; readonly afterMs: number }
  | {
      readonly kind: 'split-copied';
      readonly table: string;
      readonly done: number;
      readonly total: number;
      readonly rows: bigint;
    }
  | {
      readonly kind: 'split-validated';
      readonly table: string;
      readonly done: number;
      readonly total: number;
      readonly differences: number;
    }
  | {
      readonly kind: 'batch-applied';
      readonly partition: number;
      readonly changes: number;
      readonly duplicates: number;
      readonly recopies: number;
    }
  /** The target asked for less: so many writes to the table at once from now on, how many it took a second, and its units where known. */
  | {
      readonly kind: 'throttled';
      readonly by: 'target';
      readonly table: string;
      readonly inFlight: number;
      readonly writesPerSecond: number;
      readonly unitsPerSecond: number | undefined;
    }
  | { readonly kind: 'dead-letter'; readonly table: string; readonly reason: string }
  | {
      readonly kind: 'capture-hole';
      readonly node: string;
      readonly fromSegment: bigint;
      readonly toSegment: bigint;
      readonly reason: string;
    }
  | ({ readonly kind: 'capture-level'; readonly node: string; readonly level: FillLevel } & Fill)
  /** A host whose writes may go unseen, or no longer. */
  | {
      readonly kind: 'ring-alarm';
      readonly node: string;
      readonly address: string;
      readonly isOver: boolean;
      readonly reason: string;
      readonly next: string;
    }
  | { readonly kind: 'records-published'; readonly node: string; readonly records: number; readonly segment: bigint }
  | { readonly kind: 'partition-taken'; readonly partition: number }
  | { readonly kind: 'partition-left'; readonly partition: number }
  | { readonly kind: 'gate'; readonly gate: string; readonly isOpen: boolean; readonly reason: string };

export type Report = (event: ProgressEvent) => void;
