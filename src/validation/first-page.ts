/** The same pages, once the first of them is at hand. */
export async function withFirstPage<Page>(pages: AsyncIterable<Page>): Promise<AsyncIterable<Page>> {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  return goOn(first, iterator);
}

async function* goOn<Page>(first: IteratorResult<Page>, iterator: AsyncIterator<Page>): AsyncGenerator<Page> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
