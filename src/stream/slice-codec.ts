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
  readonly range?: { readonly start: WrittenBound; readonly end: WrittenBound };
}

/** A slice as it stands in its journal: JSON, with bytes in hex. */
export function encodeSlice(slice: JournalSlice): Buffer {
  const written: WrittenSlice = {
    tableId: slice.tableId,
    partitionKey: slice.partitionKey.toString('hex'),
    timestampMicros: `${slice.timestampMicros}`,
    decision: slice.decision,
    ...(slice.range && { range: { start: writeBound(slice.range.start), end: writeBound(slice.range.end) } }),
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
    ...(written.range && { range: { start: readBound(written.range.start), end: readBound(written.range.end) } }),
  };
}

function writeBound({ values, isInclusive }: SliceBound): WrittenBound {
  return { values: values.map((value) => value.toString('hex')), isInclusive };
}

function readBound({ values, isInclusive }: WrittenBound): SliceBound {
  return { values: values.map((value) => Buffer.from(value, 'hex')), isInclusive };
}
