import { layoutOf, withoutTtls } from '../apply/row-layout.ts';
import { OperatorError } from '../errors.ts';
import type { CopiedSplit, Split } from '../model/split.ts';
import type { Table } from '../model/table.ts';
import { floorOf } from '../model/write-timestamp.ts';
import { type AttemptedSplit, attemptSplit } from './attempt-split.ts';
import type { CopyParts } from './copy-parts.ts';

const mostAttempts = 3;

/**
 * Copies one split, all of it at one floor. May be repeated: a later floor overrules an earlier one with what the source
 * held later. A split that takes so long that its floor would leave the window is read again.
 */
export async function copySplit(
  split: Split,
  table: Table,
  parts: CopyParts,
  signal?: AbortSignal,
): Promise<CopiedSplit> {
  // Their writes carry no timestamp, so the changes could not overrule them: they are copied at cutover.
  if (table.isCounter) throw new Error(`${table.name} has counters and cannot be copied by splits`);
  if (table.id !== split.tableId) throw otherTable(split, table);
  const layout = parts.expires?.(table.name) === false ? withoutTtls(layoutOf(table)) : layoutOf(table);
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const floorMicros = floorOf(parts.clock.nowMicros(), parts.window);
    const attempted = await attemptSplit({ split, layout, floorMicros }, parts, signal);
    if (attempted !== 'floor spent') return copiedSplit(split, floorMicros, attempted, parts);
    parts.report({ kind: 'warning', text: `split ${split.id} took too long to keep its timestamp and is read again` });
  }
  throw tooSlow(split);
}

function copiedSplit(split: Split, floorMicros: bigint, books: AttemptedSplit, parts: CopyParts): CopiedSplit {
  return {
    split,
    floorMicros,
    readRows: books.read,
    writtenRows: books.written,
    supersededRows: books.superseded,
    deadLetteredRows: books.deadLettered,
    bytes: books.bytes,
    worker: parts.worker,
    finishedAtMicros: parts.clock.nowMicros(),
    ...(books.rest && { rest: books.rest }),
  };
}

function otherTable(split: Split, table: Table): OperatorError {
  return new OperatorError({
    expected: `table ${table.name} as it was when the splits were planned (id ${split.tableId})`,
    found: `a table of that name with the id ${table.id}: it was dropped and created again`,
    next: 'start a new migration: what was captured belongs to the table that is gone',
  });
}

function tooSlow(split: Split): OperatorError {
  return new OperatorError({
    expected: `split ${split.id} to be copied within the timestamps that the target accepts`,
    found: `${mostAttempts} attempts that all took longer`,
    next: 'raise the write capacity of the target table, then run snapshot-migrate again',
  });
}
