const wantedBytes = 512 * 1024;
const mostRows = 5_000;
const fewestRows = 10;
const mostGrowth = 4;

/**
 * Rows to ask for next, from what a page that was asked for brought: about half a MiB, so that narrow rows do not cost a
 * request for few of them and wide ones no memory. A page cut short by the server says nothing about more rows.
 */
export function nextPageSize(asked: number, page: { readonly rows: number; readonly bytes: number }): number {
  if (page.rows === 0) return asked;
  const fitting = Math.floor((wantedBytes * page.rows) / Math.max(1, page.bytes));
  const grown = page.rows < asked ? asked : asked * mostGrowth;
  return Math.max(fewestRows, Math.min(fitting, grown, mostRows));
}
