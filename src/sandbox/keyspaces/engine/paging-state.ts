import { RuleRefusal } from '../rule-book.ts';

/** Where a SELECT goes on. The backing Cassandra's own state travels inside. */
export interface PagingState {
  /** The sub-query of an IN to go on with; 0 for a SELECT without. */
  readonly subQuery: number;
  /** Rows given so far, for LIMIT over sub-queries. */
  readonly rowsSoFar: number;
  /** Null: from the beginning (of the sub-query). */
  readonly backing: Buffer | null;
}

const mark = 0xa9;
const headBytes = 9;

const firstPage: PagingState = { subQuery: 0, rowsSoFar: 0, backing: null };

export function encodePagingState({ subQuery, rowsSoFar, backing }: PagingState): Buffer {
  const head = Buffer.alloc(headBytes);
  head[0] = mark;
  head.writeUInt32BE(subQuery, 1);
  head.writeUInt32BE(rowsSoFar, 5);
  return backing ? Buffer.concat([head, backing]) : head;
}

/** Throws RuleRefusal for bytes that are no state of ours. */
export function decodePagingState(bytes: Buffer | undefined): PagingState {
  if (!bytes) return firstPage;
  if (bytes.length < headBytes || bytes[0] !== mark) {
    throw new RuleRefusal('short-pages', 0x000a, 'Invalid value for the paging state');
  }
  const backing = bytes.length > headBytes ? bytes.subarray(headBytes) : null;
  return { subQuery: bytes.readUInt32BE(1), rowsSoFar: bytes.readUInt32BE(5), backing };
}
