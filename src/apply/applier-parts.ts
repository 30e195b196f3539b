import type { Table } from '../model/table.ts';
import type { TimestampWindow } from '../model/write-timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { TableReader } from '../ports/table-reader.ts';
import type { TargetWriter } from './target-writer.ts';

/** What every road that reads a row again and writes it needs. */
export interface ApplierParts {
  readonly source: TableReader;
  readonly target: TableReader;
  readonly writer: TargetWriter;
  readonly clock: Clock;
  readonly window: TimestampWindow;
  /** The target keyspace. */
  readonly keyspace: string;
  /**
   * Whether a range or partition delete that was applied hides what is written to this row at this stamp: what a lagging
   * replica still shows must not come back. Undefined clustering: the partition's statics.
   */
  readonly isHidden?: (row: RowUnderStamp) => boolean;
  readonly signal?: AbortSignal;
}

export interface RowUnderStamp {
  readonly table: Table;
  readonly partitionKey: readonly Buffer[];
  readonly clustering: readonly Buffer[] | undefined;
  readonly timestampMicros: bigint;
}
