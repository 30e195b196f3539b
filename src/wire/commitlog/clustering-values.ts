import { UnsupportedMutationError } from './errors.ts';
import type { UpdateContext } from './update-context.ts';

/** Reads the first `count` clustering values of a row or of a bound. Throws UnsupportedMutationError for a null. */
export function readClusteringValues(context: UpdateContext, count: number): readonly Buffer[] {
  const { reader, layout } = context;
  if (count > layout.clusteringLengths.length) {
    throw reader.corrupt(`${count} clustering values for ${layout.clusteringLengths.length} columns`);
  }
  const values: Buffer[] = [];
  for (let from = 0; from < count; from += groupSize) readGroup(context, values, Math.min(count, from + groupSize));
  return values;
}

/** Values that share one header of two bits each: 1 empty, 2 null. */
const groupSize = 32;

function readGroup(context: UpdateContext, values: Buffer[], end: number): void {
  const { reader, layout } = context;
  let header = reader.vint64();
  while (values.length < end) {
    if (header === 0n) values.push(reader.value(layout.clusteringLengths[values.length]!));
    else {
      values.push(readFlaggedValue(context, Number(header & 3n), values.length));
      header >>= 2n;
    }
  }
}

function readFlaggedValue(context: UpdateContext, flags: number, index: number): Buffer {
  if (flags & 2) {
    const name = context.layout.table.clustering[index]!.name;
    throw new UnsupportedMutationError(
      context.layout.table,
      `clustering column "${name}" is null, as in old COMPACT STORAGE tables`,
    );
  }
  return flags & 1 ? emptyValue : context.reader.value(context.layout.clusteringLengths[index]!);
}

const emptyValue = Buffer.alloc(0);
