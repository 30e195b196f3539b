import type { CaptureHole } from '../model/capture-hole.ts';
import type { ComparedSplit } from '../model/compared-split.ts';
import type { CopyControl } from '../model/copy-control.ts';
import type { CountedTable } from '../model/counted-table.ts';
import type { ComparedTable, RowKey } from '../model/difference.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import type { SchemaChoice } from '../model/migration-status.ts';
import type { PhaseName } from '../model/phase.ts';
import type { SchemaRows } from '../model/schema.ts';
import type { CopiedSplit, Split } from '../model/split.ts';

/** One decision, as it stands on the ledger topic. */
export type LedgerEvent = LedgerFact & {
  readonly atMicros: bigint;
  /** Host, process and, where it is one, worker that decided. */
  readonly by: string;
};

export type LedgerFact =
  | { readonly kind: 'planned'; readonly digest: string }
  | { readonly kind: 'phase-started'; readonly phase: PhaseName; readonly planDigest: string }
  | { readonly kind: 'phase-confirmed'; readonly phase: PhaseName; readonly summary: string }
  | { readonly kind: 'capture-prepared'; readonly capture: CaptureRecord }
  | { readonly kind: 'handed-over'; readonly record: HandOverRecord }
  | { readonly kind: 'splits-planned'; readonly splits: readonly Split[] }
  | { readonly kind: 'split-copied'; readonly copied: CopiedSplit }
  /** The operator's word about the copying; the newest one holds. */
  | { readonly kind: 'copy-controlled'; readonly control: CopyControl }
  | { readonly kind: 'sink-allowed' }
  /** A comparison of whole tables has begun to read. */
  | { readonly kind: 'comparison-begun'; readonly begun: ComparisonRecord }
  /** What it has compared so far and need not compare again if it is interrupted. */
  | {
      readonly kind: 'splits-compared';
      readonly comparison: string;
      readonly splits: readonly ComparedSplitRecord[];
    }
  | { readonly kind: 'validated'; readonly validation: ValidationRecord }
  | { readonly kind: 'repaired'; readonly repair: RepairRecord }
  /** Told by the agent itself; opens a slice of every table concerned. */
  | { readonly kind: 'capture-hole'; readonly hole: CaptureHole }
  | { readonly kind: 'slice-opened'; readonly slice: DoubtfulSlice }
  | { readonly kind: 'slice-settled'; readonly id: string; readonly how: string }
  /** A worker has seen that a table of the source is no longer what its rows are moved as. */
  | { readonly kind: 'table-paused'; readonly pause: TablePause }
  /** The source's table has become again what it was. */
  | { readonly kind: 'table-resumed'; readonly table: string }
  | { readonly kind: 'schema-decided'; readonly decision: SchemaDecision }
  | { readonly kind: 'letters-settled'; readonly settlement: LetterSettlement }
  | { readonly kind: 'drain-asked'; readonly nonce: string }
  | { readonly kind: 'drained'; readonly nonce: string }
  /** Counters may be on their way to the target from now on, also when their writer has died. */
  | { readonly kind: 'counters-begun'; readonly drainNonce: string }
  | { readonly kind: 'counters-copied'; readonly counters: CountersRecord }
  | { readonly kind: 'cut-over'; readonly record: CutoverRecord };

/** What deploy-agent prepared, and what its undo must put back. */
export interface CaptureRecord {
  readonly mode: 'commitlog' | 'cdc';
  /** Present where the DataStax agents tell of the changes, and not ours. */
  readonly datastax?: DatastaxLanes;
  /** The DataStax agents were put onto the nodes by deploy-agent. */
  readonly hasDatastaxInstalled?: true;
  readonly nodes: readonly (CapturedNode & { readonly cdc?: NodeCdc; readonly placed?: PlacedAgent })[];
  /** As many as there are lanes, whatever the topics. */
  readonly changesPartitions: number;
  readonly tables: readonly { readonly name: string; readonly id: string }[];
  readonly keyspaceTableIds: readonly string[];
  /** Absent in what was prepared before counters were told apart. */
  readonly counterTableIds?: readonly string[];
  readonly canaryTableId: string;
  /** Tables whose cdc option was off before. */
  readonly cdcTurnedOn: readonly string[];
  /** An undo of deploy-agent has begun since: nobody captures until it is run again. */
  readonly isUndone?: true;
}

/** What a node does with its cdc_raw, as it told deploy-agent; of interest in cdc mode only. */
interface NodeCdc {
  /** 0 where it did not tell. */
  readonly totalBytes: number;
  readonly blocksWrites: boolean;
}

/** What deploy-agent puts onto a node, and by what its undo finds it. Absent where others put it there, or it was taken away. */
export interface PlacedAgent {
  readonly folder: string;
  readonly supervisor: string;
}

interface CapturedNode {
  readonly hostId: string;
  readonly address: string;
}

/** The instant from which nothing is lost, and what was proved to hold then. */
export interface HandOverRecord {
  readonly instantMicros: bigint;
  readonly nodes: readonly CapturedNode[];
  readonly changesPartitions: number;
  readonly datastax?: DatastaxLanes;
  readonly tables: readonly { readonly name: string; readonly id: string }[];
  /** Tables whose application writes stamps in the future: every change of theirs is read again. */
  readonly recopiedTables: readonly string[];
  /** The source's schema at that instant; what the sink decodes with, beside the schema topic. */
  readonly schema: SchemaRows;
}

/** What a comparison knew before it read its first row; it holds for all of it, however often it is interrupted. */
export interface ComparisonRecord {
  readonly id: string;
  readonly startedAtMicros: bigint;
  /** All changes up to then were applied; absent where nobody could tell. */
  readonly streamTimeMicros?: bigint;
  /** When the newest comparison that disproved others was booked; 0: there was none. */
  readonly disproofKnownMicros: bigint;
  /** Ids of the slices in doubt that were open. */
  readonly openSlices: readonly string[];
  /** Of a target that is looked up by key, since its tokens are others than the source's. */
  readonly otherPartitioner?: string;
  readonly targetIds?: TargetIds;
  readonly tables: readonly ComparisonTable[];
}

/**
 * By name: the ids of the target's tables when a comparison began. One that was made anew, or is of another target than the
 * configuration named then, has another, and nothing is known of its rows. Absent in what was booked before it was asked for.
 */
export type TargetIds = Readonly<Record<string, string>>;

interface ComparisonTable {
  readonly table: string;
  /** Its id and its columns: rows that were compared in another shape prove nothing. */
  readonly shape: string;
  /** Stretches of equal width into which the ring is cut. */
  readonly splits: number;
}

export interface ComparedSplitRecord {
  readonly table: string;
  readonly split: number;
  readonly found: ComparedSplit;
}

export interface ValidationRecord {
  /** Of one whose splits are booked while it runs. */
  readonly comparison?: string;
  /** As in ComparisonRecord; absent in what was booked before it was asked for. */
  readonly disproofKnownMicros?: bigint;
  readonly startedAtMicros: bigint;
  readonly finishedAtMicros: bigint;
  /** All changes up to then were applied when it started; absent where nobody could tell. */
  readonly streamTimeMicros?: bigint;
  /** A drain had been confirmed before it started. */
  readonly isAfterDrain: boolean;
  /** All tables and the whole ring. */
  readonly isFull: boolean;
  /** Only what changed in any table since then, by the changes topic, and tables with open slices. */
  readonly sinceMicros?: bigint;
  readonly targetIds?: TargetIds;
  readonly tables: readonly ComparedTable[];
  /** Rows that differed while their changes could still be on their way; start-sink settles them. */
  readonly unsettled: readonly { readonly table: string; readonly key: RowKey }[];
  /** More than could be listed. */
  readonly unsettledCount: number;
}

/** Rows that differed and were written anew from the source; only a later validation proves them. */
export interface RepairRecord {
  readonly tables: readonly { readonly table: string; readonly equal: number; readonly left: number }[];
  /** How the source was read: `all`, unless a node was down. */
  readonly consistency: string;
}

/** A part of a table that cannot be trusted until it has been compared. */
export interface DoubtfulSlice {
  readonly id: string;
  readonly table: string;
  readonly reason: string;
  readonly openedAtMicros: bigint;
  /** Of a hole in the capture: its node, and between which instants changes may be missing. */
  readonly hole?: { readonly node: string; readonly fromMicros: bigint; readonly toMicros: bigint };
}

/** A table whose changes are parked until the operator decides. */
export interface TablePause {
  readonly table: string;
  /** What it has become on the source, a sentence each. */
  readonly differences: readonly string[];
  /** What would make the target the same; empty where nothing can. */
  readonly ddl: readonly string[];
  /** Why the target cannot follow; undefined where the DDL is enough. */
  readonly cannot: string | undefined;
  readonly choices: readonly SchemaChoice[];
  /** Decisions about this table that the worker knew: one that it did not know may have answered this already. */
  readonly decisionsKnown: number;
}

/** What the operator decided about a table whose schema changed. */
export type SchemaDecision =
  /** From now on rows are moved as these say, but for the columns that are left out. */
  | {
      readonly action: 'apply' | 'ignore';
      readonly table: string;
      /** Of the whole keyspace. */
      readonly schema: SchemaRows;
      /** When it was read, less what the clocks may differ. */
      readonly readAtMicros: bigint;
      readonly leftOut: readonly string[];
    }
  /** The table has left the migration. */
  | { readonly action: 'stop'; readonly table: string; readonly reason: string };

/** Dead letters that no longer keep the cutover from happening. */
export interface LetterSettlement {
  readonly how: 'replayed' | 'dropped';
  readonly reason: string;
  /** How often each letter had come: one that comes once more is open again. */
  readonly letters: readonly { readonly id: string; readonly attempts: number }[];
}

/** Counters of all counter tables, copied after the drain with this nonce. */
export interface CountersRecord {
  readonly drainNonce: string;
  readonly tables: readonly CountedTable[];
}

export interface CutoverRecord {
  readonly keyspace: string;
  readonly drainNonce: string;
  readonly gates: readonly { readonly gate: string; readonly reason: string }[];
  readonly validatedAtMicros: bigint;
  readonly rows: bigint;
}
