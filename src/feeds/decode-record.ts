import type { RecordEvent } from '../model/change-event.ts';
import type { Mutation } from '../model/mutation.ts';
import { decodeMutation, type TableById } from '../wire/commitlog/decode-mutation.ts';
import { UnknownColumnError, UnknownTableError } from '../wire/commitlog/errors.ts';
import type { LogVersion } from '../wire/commitlog/segment-header.ts';

/** A record's mutation, or why there is none. */
export type DecodedRecord =
  | { readonly kind: 'mutation'; readonly mutation: Mutation }
  /** A newer schema may decode it. */
  | { readonly kind: 'unknown-schema'; readonly reason: string }
  /** Nothing will. */
  | { readonly kind: 'poison'; readonly error: Error };

export function decodeRecord(event: RecordEvent, tableById: TableById): DecodedRecord {
  if (event.logVersion !== 7 && event.logVersion !== 8)
    return { kind: 'poison', error: new RangeError(`commit log version ${event.logVersion} is not known`) };
  try {
    return { kind: 'mutation', mutation: decodeMutation(event.body, event.logVersion as LogVersion, tableById) };
  } catch (error) {
    if (error instanceof UnknownTableError || error instanceof UnknownColumnError)
      return { kind: 'unknown-schema', reason: error.message };
    return { kind: 'poison', error: error as Error };
  }
}
