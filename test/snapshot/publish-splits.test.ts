import { describe, expect, test } from 'vitest';
import type { Split } from '../../src/model/split.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import { publishSplits } from '../../src/snapshot/publish-splits.ts';
import { decodeSplit } from '../../src/snapshot/split-message.ts';
import { inMemoryQueue } from '../support/in-memory-queue.ts';

const nothingCopied = () => false;

describe('publishSplits', () => {
  test('publishes every split in the order of the plan, tokens and all', async () => {
    const bus = inMemoryQueue();
    const splits = [aSplit(2), aSplit(0), aSplit(1)];

    const outcome = await publishSplits({ bus, splits, isCopied: nothingCopied });

    expect(outcome).toEqual({ published: 3, present: 0 });
    expect(bus.published.map((message) => decodeSplit(message.payload))).toEqual(splits);
  });

  test('a second time, after an interruption in the middle, publishes only what is missing', async () => {
    const bus = inMemoryQueue();
    await publishSplits({ bus, splits: [aSplit(0), aSplit(1)], isCopied: nothingCopied });

    const outcome = await publishSplits({ bus, splits: [0, 1, 2].map(aSplit), isCopied: nothingCopied });

    expect(outcome).toEqual({ published: 1, present: 2 });
    expect(bus.published.map((message) => message.properties.split)).toEqual(['things/0', 'things/1', 'things/2']);
  });

  test('a split that is copied is not published, even when the topic has lost it', async () => {
    const bus = inMemoryQueue();

    await publishSplits({ bus, splits: [0, 1].map(aSplit), isCopied: (id) => id === 'things/0' });

    expect(bus.published.map((message) => message.properties.split)).toEqual(['things/1']);
  });

  test('another stretch under an id that is on the topic is refused', async () => {
    const bus = inMemoryQueue();
    await publishSplits({ bus, splits: [aSplit(0)], isCopied: nothingCopied });
    const other = { ...aSplit(0), range: { start: minToken, end: 0n } };

    await expect(publishSplits({ bus, splits: [other], isCopied: nothingCopied })).rejects.toThrow(
      'another stretch of the ring',
    );
    expect(bus.published).toHaveLength(1);
  });
});

function aSplit(number: number): Split {
  return {
    id: `things/${number}`,
    table: 'things',
    tableId: 'abcd',
    range: { start: minToken, end: maxToken - BigInt(number) },
  };
}
