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
