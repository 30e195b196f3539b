import { expect, test } from 'vitest';
import { foundSlices } from '../../src/phases/found-slices.ts';

const slice = { id: 'things/altered', table: 'things', reason: 'altered on the source', openedAtMicros: 1n };

test('a slice goes to the ledger, and following ends with its worker', async () => {
  const appended: unknown[] = [];
  const stop = new AbortController();
  const slices = foundSlices({ append: async (fact) => void appended.push(fact) });
  const following = slices.follow(stop.signal);
  slices.add(slice);
  stop.abort();
  await following;
  expect(appended).toEqual([{ kind: 'slice-opened', slice }]);
});

test.each([['before'], ['while']])(
  'one that the ledger does not take %s they are followed ends the worker with the reason',
  async (when) => {
    const slices = foundSlices({ append: () => Promise.reject(new Error('the broker has gone')) });
    if (when === 'before') slices.add(slice);
    const following = slices.follow(new AbortController().signal);
    if (when === 'while') slices.add(slice);
    await expect(following).rejects.toThrow('the broker has gone');
  },
);

test('one that is not taken after the end fails nobody', async () => {
  const slices = foundSlices({ append: () => Promise.reject(new Error('closed')) });
  await slices.follow(AbortSignal.abort());
  slices.add(slice);
  await new Promise(setImmediate);
});
