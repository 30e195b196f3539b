import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { SchemaHistory } from '../../src/feeds/schema-history.ts';
import type { Mutation } from '../../src/model/mutation.ts';
import { decodeMutation } from '../../src/wire/commitlog/decode-mutation.ts';
import { UnknownTableError, UnsupportedMutationError } from '../../src/wire/commitlog/errors.ts';
import { isOrdinaryEnd } from '../../src/wire/commitlog/marker-chain.ts';
import { readWhole } from '../wire/commitlog/recorded-segment.ts';

/** A place in a node's log: the end of a record. */
export interface LogPlace {
  readonly segment: string;
  readonly position: number;
}

export type ReadRecord = LogPlace &
  (
    | { readonly mutation: Mutation }
    /** A table of which neither the log nor the read schema tells: views, for the schema history leaves them out. */
    | { readonly unknownTableId: string }
    | { readonly unsupported: string }
  );

/** Everything behind a place in the log as our reader understands it, the schema followed in the log itself. */
export async function* readSegments(
  segments: readonly string[],
  history: SchemaHistory,
  after: LogPlace | undefined,
): AsyncGenerator<ReadRecord> {
  for (const file of segments) {
    const { sections, records, end } = await readWhole(readFileSync(file), basename(file));
    if (end === 'headerNotYet' || sections.length === 0) continue;
    if (!isOrdinaryEnd(end)) throw new Error(`the chain of ${file} ends with ${end}`);
    const { id, logVersion } = sections[0]!.header;
    for (const { body, endPosition } of records) {
      const place = { segment: String(id), position: endPosition };
      if (after && !isBehind(place, after)) continue;
      const read = attempt(() => decodeMutation(body, logVersion, history.tableById));
      if ('mutation' in read) {
        const { needsReload } = history.apply(read.mutation);
        if (needsReload !== undefined) throw new Error(`the schema cannot be followed: ${needsReload}`);
      }
      yield { ...place, ...read };
    }
  }
}

function attempt(decode: () => Mutation) {
  try {
    return { mutation: decode() };
  } catch (error) {
    if (error instanceof UnknownTableError) return { unknownTableId: error.tableId };
    if (error instanceof UnsupportedMutationError) return { unsupported: error.message };
    throw error;
  }
}

export function isBehind(place: LogPlace, after: LogPlace): boolean {
  const [segment, last] = [BigInt(place.segment), BigInt(after.segment)];
  return segment === last ? place.position > after.position : segment > last;
}
