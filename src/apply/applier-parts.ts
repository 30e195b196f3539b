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
  readonly signal?: AbortSignal;
}
