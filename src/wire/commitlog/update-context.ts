import type { Deletion } from '../../model/mutation.ts';
import type { ByteReader } from './byte-reader.ts';
import type { LogVersion } from './segment-header.ts';
import type { TableLayout } from './table-layout.ts';

/** What the parts of one partition update are read with. */
export interface UpdateContext {
  readonly reader: ByteReader;
  readonly logVersion: LogVersion;
  readonly layout: TableLayout;
  readonly minTimestampMicros: bigint;
  /** Low 32 bits. */
  readonly minLocalDeletionTime: number;
  readonly minTtlSeconds: number;
}

/** Reads a deletion; undefined for "none", which is written with the least timestamp and any local time. */
export function readDeletion(context: UpdateContext): Deletion | undefined {
  const timestampMicros = readTimestamp(context);
  const localDeletionTime = readLocalTime(context);
  return timestampMicros === noTimestamp ? undefined : { timestampMicros, localDeletionTime };
}

export function readTimestamp(context: UpdateContext): bigint {
  return context.reader.offsetFrom(context.minTimestampMicros);
}

/** Seconds since 1970: signed in version 7, unsigned and so up to 2106 in version 8. */
export function readLocalTime(context: UpdateContext): number {
  const sum = context.reader.vintLow32() + context.minLocalDeletionTime;
  return context.logVersion === 7 ? sum | 0 : sum >>> 0;
}

export function readTtl(context: UpdateContext): number {
  return (context.reader.vintLow32() + context.minTtlSeconds) | 0;
}

const noTimestamp = -(2n ** 63n);
