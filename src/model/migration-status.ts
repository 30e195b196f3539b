import type { AgentState } from './agent-state.ts';
import type { CopyControl } from './copy-control.ts';
import type { Coverage } from './coverage.ts';
import type { ComparedTable } from './difference.ts';
import type { PhaseName } from './phase.ts';
import type { StreamBooks } from './stream-books.ts';
import type { CopyPause, TableHold } from './table-hold.ts';

/** Where a migration is, as `cdcmig status` tells it. */
export interface MigrationStatus {
  readonly migration: string;
  readonly keyspace: string;
  readonly plan: string | undefined;
  readonly phases: readonly PhaseStatus[];
  readonly copying: CopyControl;
  readonly splits: { readonly planned: number; readonly copied: number };
  /** Of each table whose splits are planned, by name. */
  readonly tables: readonly TableProgress[];
  /** Until the last split is copied; undefined while that cannot be said. */
  readonly secondsLeft: number | undefined;
  readonly rows: {
    readonly read: bigint;
    readonly written: bigint;
    readonly superseded: bigint;
    readonly deadLettered: bigint;
  };
  readonly stream: StreamStatus;
  /** Tables that the target throttles just now, as the workers say. */
  readonly heldBy: readonly TableHold[];
  /** What has kept workers from reading the source within the last minute. */
  readonly copyPauses: readonly CopyPause[];
  readonly nodes: readonly NodeStatus[];
  /** How much of the ring's writes the agents see. */
  readonly coverage: CoverageStatus;
  /** Hosts whose writes may go unseen, and agents that are short of room. */
  readonly alarms: readonly HostAlarm[];
  /** Source connectors that start-source made or verified. */
  readonly connectors: readonly ConnectorStatus[];
  readonly openSlices: readonly { readonly table: string; readonly reason: string }[];
  /** Open ones; `cdcmig dead-letters list` names them. */
  readonly deadLetters: number;
  /** Tables whose schema on the source has changed and waits for a decision. */
  readonly pausedTables: readonly PausedTableStatus[];
  readonly parked: readonly ParkedTableStatus[];
  /** Tables in recopy mode: their application writes stamps of the future, so each change reads its row again. */
  readonly recopiedTables: readonly string[];
  /** Tables that have left the migration. */
  readonly stoppedTables: readonly { readonly table: string; readonly reason: string }[];
  readonly lastValidation: ValidationStatus | undefined;
  /** The comparison of whole tables that has begun and not ended. */
  readonly comparing: ComparingStatus | undefined;
  readonly lastRepair: RepairStatus | undefined;
  readonly isCutOver: boolean;
  /** What has to happen next, and why it has not. */
  readonly waitsFor: string;
}

/** What an operator may decide about a table whose schema has changed. */
export type SchemaChoice = 'apply' | 'ignore' | 'stop';

export interface PausedTableStatus {
  readonly table: string;
  readonly differences: readonly string[];
  /** What would make the target the same. */
  readonly ddl: readonly string[];
  readonly cannot: string | undefined;
  readonly next: string;
}

/** Changes of a table on the parked topics. */
export interface ParkedTableStatus {
  readonly table: string;
  readonly waiting: number;
  readonly replayed: number;
  readonly reason: string;
}

export interface PhaseStatus {
  readonly phase: PhaseName;
  readonly state: 'not started' | 'started' | 'done';
  readonly summary: string;
}

export interface StreamStatus extends StreamBooks {
  /** How far applied changes are behind the present; 'unknown' is a value. */
  readonly lagMs: number | 'unknown';
  readonly unknownBecause: string | undefined;
  /** What the broker still holds for the sink, in entries and in the age of the oldest. */
  readonly backlogEntries: number;
  readonly backlogAgeSeconds: number;
  /** Of the last whole minute, over all partitions. */
  readonly lastMinute: StreamBooks;
  /** From the application's write time to the confirmed write; undefined before the first. */
  readonly latencyMs: { readonly p50: number | undefined; readonly p99: number | undefined };
}

export interface NodeStatus {
  readonly hostId: string;
  readonly address: string;
  readonly unbrokenSince: string | 'unknown';
  /** Changes between the hand-over and that instant may have been missed. */
  readonly hasHole: boolean;
  /** Ranges of the ring that it keeps a replica of, and their share of all tokens, 0 to 1. */
  readonly keeps: { readonly ranges: number; readonly of: number; readonly share: number } | undefined;
  /** What its agent said last; undefined when it has said nothing for a minute. */
  readonly agent: AgentState | undefined;
}

export type CoverageStatus = Coverage | { readonly unknownBecause: string };

export interface ConnectorStatus {
  readonly name: string;
  readonly table: string;
  /** Empty for one that runs, was never restarted and lost nothing. */
  readonly troubles: readonly string[];
}

export interface HostAlarm {
  readonly hostId: string;
  readonly address: string;
  readonly reason: string;
  readonly next: string;
}

/** Rows that `validate --repair` wrote anew; only a validation after it proves them. */
export interface TableProgress {
  readonly table: string;
  readonly state: 'not begun' | 'copying' | 'copied' | 'left';
  readonly splits: { readonly planned: number; readonly copied: number };
  /** Rows of the splits that are copied. */
  readonly rows: bigint;
}

export interface ComparingStatus {
  readonly startedAt: string;
  /** Splits that are booked, of all. */
  readonly done: number;
  readonly total: number;
}

export interface RepairStatus {
  readonly finishedAt: string;
  readonly equal: number;
  readonly left: number;
}

export interface ValidationStatus {
  readonly finishedAt: string;
  readonly isFull: boolean;
  /** Of all tables, but only what changed since then. */
  readonly changedSince: string | undefined;
  readonly isAfterDrain: boolean;
  readonly unsettled: number;
  readonly tables: readonly ComparedTable[];
}
