import type { Deletion, RangeDeletion, SliceBound } from '../../model/mutation.ts';
import { readClusteringValues } from './clustering-values.ts';
import { readDeletion, type UpdateContext } from './update-context.ts';

/** Collects the range deletions of one partition update from its markers, which come in order, opened and closed. */
export interface RangePairing {
  /** Reads one marker. Throws CorruptMutationError when it does not fit the one before. */
  readMarker(): void;
  /** All pairs. Throws CorruptMutationError when one is still open. */
  finish(): readonly RangeDeletion[];
}

export function pairRanges(context: UpdateContext): RangePairing {
  const pairs: RangeDeletion[] = [];
  let open: OpenRange | undefined;
  return {
    readMarker() {
      const { kind, values } = readBound(context);
      const hasEnd = 'endsInclusive' in kind;
      if (hasEnd !== (open !== undefined)) throw context.reader.corrupt('range markers that do not pair');
      const first = readDeletion(context);
      if (open?.deletion && hasEnd) {
        pairs.push({ ...open.deletion, start: open.start, end: { values, isInclusive: kind.endsInclusive } });
      }
      // A boundary carries two deletions: of the range that ends, then of the one that starts.
      const next = hasEnd && 'startsInclusive' in kind ? readDeletion(context) : first;
      open =
        'startsInclusive' in kind
          ? { start: { values, isInclusive: kind.startsInclusive }, deletion: next }
          : undefined;
    },
    finish() {
      if (open) throw context.reader.corrupt('a range marker that is never closed');
      return pairs;
    },
  };
}

interface OpenRange {
  readonly start: SliceBound;
  readonly deletion: Deletion | undefined;
}

type BoundKind =
  | { readonly startsInclusive: boolean }
  | { readonly endsInclusive: boolean }
  | { readonly endsInclusive: boolean; readonly startsInclusive: boolean };

/** By the byte in the log; 3, 4 and those above 7 never appear there. */
const boundKinds: readonly (BoundKind | undefined)[] = [
  { endsInclusive: false },
  { startsInclusive: true },
  { endsInclusive: false, startsInclusive: true },
  undefined,
  undefined,
  { endsInclusive: true, startsInclusive: false },
  { endsInclusive: true },
  { startsInclusive: false },
];

function readBound(context: UpdateContext): { readonly kind: BoundKind; readonly values: readonly Buffer[] } {
  const { reader } = context;
  const byte = reader.byte();
  const kind = boundKinds[byte];
  if (!kind) throw reader.corrupt(`range marker kind ${byte}`);
  return { kind, values: readClusteringValues(context, reader.uint16()) };
}
