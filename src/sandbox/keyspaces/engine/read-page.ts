import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import { readPreamble } from '../../../wire/cql/response.ts';
import type { BackendRequest, BackendResponse } from '../protocol/backend-link.ts';
import { cutRows, type RowsParts, rowsWithin } from '../protocol/rows-body.ts';
import type { Engine } from './engine.ts';
import type { Reply } from './reply.ts';

/** A page ends when so much was read (DG, "Paginate results"). */
const mostPageBytes = 1024 * 1024;

export type Page =
  | { readonly kind: 'rows'; readonly reply: Reply; readonly rows: RowsParts }
  /** An error of the backing Cassandra, or a result without rows. */
  | { readonly kind: 'other'; readonly reply: Reply };

/** Asks for a page of at most that many rows and 1 MB; `ask` makes the request for a page size. */
export async function readPage(
  { backend, rules }: Pick<Engine, 'backend' | 'rules'>,
  pageSize: number,
  mostBytes: number,
  ask: (pageSize: number) => BackendRequest,
): Promise<Page> {
  const page = pageOf(await backend.ask(ask(pageSize)));
  if (page.kind === 'other' || !rules.holds('short-pages') || page.rows.rows.length <= mostBytes) return page;
  const fitting = Math.max(1, rowsWithin(page.rows, mostBytes));
  // Asked again for as many rows as fit: only Cassandra can say where the page after them begins.
  return fitting < page.rows.rowCount ? pageOf(await backend.ask(ask(fitting))) : page;
}

export function bytesLeft(bytesSoFar: number): number {
  return Math.max(1, mostPageBytes - bytesSoFar);
}

function pageOf(response: BackendResponse): Page {
  if (response.opcode !== opcodes.RESULT) return { kind: 'other', reply: response };
  const reader = new BodyReader(response.body);
  readPreamble(reader, response.flags);
  const rows = cutRows(response.body, reader.position);
  return rows ? { kind: 'rows', reply: response, rows } : { kind: 'other', reply: response };
}
