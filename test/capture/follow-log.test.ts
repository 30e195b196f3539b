import { pbkdf2 } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followLog } from '../../src/capture/follow-log.ts';
import { segmentFileName } from '../../src/wire/commitlog/segment-name.ts';
import { aNodeLog, aRecord } from './a-node-log.ts';

const id = 1_699_999_000_000n;

test('no section is read before there is room for it', async () => {
  const node = aNodeLog();
  node.append(id, aRecord('a'));
  node.append(id, aRecord('b'));
  const waiting: (() => void)[] = [];
  const room = () => new Promise<void>((resolve) => void waiting.push(resolve));
  const log = followLog({ places: new Map(), openIds: new Set(), room });
  const segment = { id, path: join(node.directory, segmentFileName({ logVersion: 7, id })), isClosed: false };
  const read: bigint[] = [];
  const reading = log.readToEnd([segment], async (one) => void read.push(one.segment));
  // Each time it asks, what had room before has been read.
  for (const sections of [0, 1, 2]) {
    await expect.poll(() => waiting).toHaveLength(1);
    expect(read).toHaveLength(sections);
    waiting.shift()!();
  }
  await expect(reading).resolves.toMatchObject([{ hasData: true, fault: undefined }]);
  await log.close();
});

test('a log that grows is read to its end though every thread of the pool is busy', async () => {
  const node = aNodeLog();
  node.append(id, aRecord('a'));
  const log = followLog({ places: new Map(), openIds: new Set(), room: async () => {} });
  const segment = { id, path: join(node.directory, segmentFileName({ logVersion: 7, id })), isClosed: false };
  let sections = 0;
  const readOn = () => log.readToEnd([segment], async () => void sections++);
  await readOn();
  for (let n = 0; n < 20; n++) node.append(id, aRecord(`b${n}`));
  const busy = busyPool();
  await readOn();
  expect(sections).toBe(21);
  expect(busy.isOver).toBe(false);
  await busy.over;
  await log.close();
});

/** Work for all threads of a pool of the usual size; over when the first of them is free again. */
function busyPool(): { readonly over: Promise<unknown>; isOver: boolean } {
  const work = Array.from({ length: 8 }, () => new Promise((done) => pbkdf2('a', 'b', 150_000, 64, 'sha512', done)));
  const busy = { isOver: false, over: Promise.all(work) };
  void Promise.race(work).then(() => (busy.isOver = true));
  return busy;
}
