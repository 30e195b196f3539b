import type { SliceBound } from '../model/mutation.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';

interface WrittenBound {
  readonly values: readonly string[];
  readonly isInclusive: boolean;
}

interface WrittenSlice {
  readonly tableId: string;
  readonly partitionKey: string;
  readonly timestampMicros: string;
  readonly decision: ChangeDecision;
  readonly range?: WrittenRange;
}

interface WrittenRange {
  readonly start: WrittenBound;
  readonly end: WrittenBound;
}

type Range = NonNullable<JournalSlice['range']>;

/** A slice as it stands in its journal: JSON, with bytes in hex. */
export function encodeSlice(slice: JournalSlice): Buffer {
  const written: WrittenSlice = {
    tableId: slice.tableId,
    partitionKey: slice.partitionKey.toString('hex'),
    timestampMicros: `${slice.timestampMicros}`,
    decision: slice.decision,
    ...(slice.range && { range: writeRange(slice.range) }),
  };
  return Buffer.from(JSON.stringify(written));
}

export function decodeSlice(payload: Buffer): JournalSlice {
  const written = JSON.parse(payload.toString()) as WrittenSlice;
  return {
    tableId: written.tableId,
    partitionKey: Buffer.from(written.partitionKey, 'hex'),
    timestampMicros: BigInt(written.timestampMicros),
    decision: written.decision,
    ...(written.range && { range: readRange(written.range) }),
  };
}

/** For JSON. */
export function writeRange({ start, end }: Range): WrittenRange {
  return { start: writeBound(start), end: writeBound(end) };
}

export function readRange({ start, end }: WrittenRange): Range {
  return { start: readBound(start), end: readBound(end) };
}

function writeBound({ values, isInclusive }: SliceBound): WrittenBound {
  return { values: values.map((value) => value.toString('hex')), isInclusive };
}

function readBound({ values, isInclusive }: WrittenBound): SliceBound {
  return { values: values.map((value) => Buffer.from(value, 'hex')), isInclusive };
}
