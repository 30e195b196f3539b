import type { RecordEvent } from '../model/change-event.ts';
import { CorruptMutationError } from '../wire/commitlog/errors.ts';
import { outlineRecord, type RecordOutline } from '../wire/commitlog/record-outline.ts';

/** What a record tells without any schema; undefined for bytes that are none. */
export function outlineChange({ body }: RecordEvent): RecordOutline | undefined {
  try {
    return outlineRecord(body);
  } catch (error) {
    if (error instanceof CorruptMutationError) return undefined;
    throw error;
  }
}
