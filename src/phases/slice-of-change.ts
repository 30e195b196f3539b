import type { TableChange, Truncation } from '../feeds/schema-history.ts';
import type { DoubtfulSlice } from '../state/ledger-event.ts';

/**
 * What a change of a migrated table on the source puts in doubt: it may have taken values away that no captured change
 * names, as when a column is dropped and added again. Every worker that reads of it, however often, names the same slice;
 * the next change is another one, which is not settled because one before it was.
 */
export function sliceOfChange(change: TableChange | Truncation, table: string, openedAtMicros: bigint): DoubtfulSlice {
  const { reason, name } = told(change);
  return { id: `${table}/${name}`, table, reason, openedAtMicros };
}

function told(change: TableChange | Truncation): { readonly reason: string; readonly name: string } {
  if ('what' in change) {
    const reason = `${change.what} on the source`;
    return { reason, name: `${reason}/${change.shape}` };
  }
  const reason = `truncated on the source at ${change.atMs} ms`;
  return { reason, name: reason };
}
