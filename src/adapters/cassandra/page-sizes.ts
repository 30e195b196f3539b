const wantedBytes = 512 * 1024;
const mostRows = 5_000;
const mostGrowth = 4;
/** Of a query of which nothing is known: rows may have a megabyte each, and many readings begin at once. */
const firstRows = 5;

export interface PageBrought {
  readonly rows: number;
  readonly bytes: number;
}

/** How many rows the next page of a query asks for. Kept by its text, so that a reading begins as the one before it ended. */
export class PageSizes {
  readonly #rows = new Map<string, number>();

  of(cql: string): number {
    return this.#rows.get(cql) ?? firstRows;
  }

  after(cql: string, asked: number, page: PageBrought): number {
    const next = nextPageSize(asked, page);
    this.#rows.set(cql, next);
    return next;
  }
}

/**
 * Rows to ask for next, from what a page that was asked for brought: about half a MiB, so that narrow rows do not cost a
 * request for few of them and wide ones no memory. A page cut short by the server says nothing about more rows.
 */
function nextPageSize(asked: number, page: PageBrought): number {
  if (page.rows === 0) return asked;
  const fitting = Math.floor((wantedBytes * page.rows) / Math.max(1, page.bytes));
  const grown = page.rows < asked ? asked : asked * mostGrowth;
  return Math.max(1, Math.min(fitting, grown, mostRows));
}
